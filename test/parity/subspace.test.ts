/** Swaps of low rank against pyvene's low-rank rotated intervention, their gradient by the basis against autograd, and top eigenvectors against NumPy's. */
// @needs engine, time

import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import type { CodiModel } from "../../src/index.js";
import { exchanged } from "../../src/studies/subspace/exchange.js";
import { leadingDirections } from "../../src/studies/subspace/leading.js";
import { exchangedPositions, type Swap, siteOf, swapAt } from "../../src/studies/subspace/swaps.js";
import { addOuter, basisGradients } from "../../src/studies/subspace/train.js";
import { readJson } from "../support/parity.js";
import { loadTiny } from "../support/tiny.js";

const fixture = readJson<{
  base: string;
  source: string;
  block: number;
  tokens: readonly number[];
  answer: readonly number[];
  directions: {
    readonly width: number;
    readonly a: readonly number[];
    readonly b: readonly number[];
    readonly rank: number;
    readonly values: readonly number[];
    readonly projection: readonly number[];
  };
  cases: readonly {
    readonly at: string;
    readonly rank: number;
    readonly basis: readonly number[];
    readonly logits: readonly number[];
    readonly log_probability: number;
    readonly gradient: readonly number[];
    readonly gap: { readonly logits: number; readonly gradient: number };
  }[];
}>("subspace");
const { block } = fixture;
let model: CodiModel;
let swap: Swap;

beforeAll(async () => {
  model = await loadTiny();
  const [own, source] = await model.runBatch([fixture.base, fixture.source], { capture: [siteOf({ block })] });
  if (own === undefined || source === undefined) throw new Error("not run");
  swap = { question: fixture.base, own, source, ids: fixture.answer, number: Number.NaN };
});
afterAll(() => model.dispose());

const placeOf = (at: string) => ({ block, positions: at === "bot,latent" ? exchangedPositions(6) : [at] });

test.each(fixture.cases)("$rank directions at $at give pyvene's logits", async ({ at, rank, basis, ...made }) => {
  const [result] = await model.gradientBatch([fixture.base], {
    of: { kind: "log-probability", ids: fixture.answer },
    at: ["hook_logits"],
    interventions: [swapAt(placeOf(at), "basis")],
    values: { basis: { shape: [rank, 64], data: Float32Array.from(basis) } },
    sources: { other: [swap.source] },
  });
  expect(result?.value).toBeCloseTo(made.log_probability, 4);
  const logits = result?.captures.at("hook_logits", "eot").data ?? [];
  const most = Math.max(...made.logits.map(Math.abs));
  for (const [i, token] of fixture.tokens.entries())
    expect(Math.abs((logits[token] ?? Number.NaN) - (made.logits[i] ?? 0))).toBeLessThan(1e-5 * most);
});

test.each(["latent.3", "bot,latent"])("all directions at %s have autograd's gradient by the basis", async (at) => {
  const cases = fixture.cases.filter((each) => each.at === at);
  const bases = cases.map(({ rank, basis }) => ({ rank, rows: Float64Array.from(basis) }));
  const found = await basisGradients(model, [swap], { place: placeOf(at), bases });
  expect(cases).toHaveLength(4);
  for (const [i, { rank, gradient, gap }] of cases.entries()) {
    const distance = Math.hypot(...(found[i] ?? []).map((value, k) => value - (gradient[k] ?? 0)));
    expect(distance, `${rank} directions`).toBeLessThan(10 * gap.gradient * Math.hypot(...gradient));
    expect(found[i]).toHaveLength(64 * rank);
  }
});

test("the directions of the whole space are the whole state", async () => {
  const whole = Float64Array.from({ length: 64 * 64 }, (_, at) => (Math.floor(at / 64) === at % 64 ? 1 : 0));
  const place = { block, positions: exchangedPositions(6) };
  const parts = swap.own.answer.ids.findIndex((id, i) => id !== swap.source.answer.ids[i]);
  const bases = new Map([
    ["whole", null],
    ["all", { rank: 64, rows: whole }],
  ]);
  const [found] = await exchanged(model, [{ ...swap, ids: swap.source.answer.ids.slice(0, parts + 1) }], {
    place,
    bases,
  });
  expect(found?.get("all")?.number).toBe(found?.get("whole")?.number);
  expect(found?.get("all")?.difference).toBeCloseTo(found?.get("whole")?.difference ?? Number.NaN, 3);
});

test("the leading directions are the top eigenvectors, though others are larger in size", () => {
  const { width, rank, values, projection } = fixture.directions;
  const [a, b] = [Float32Array.from(fixture.directions.a), Float32Array.from(fixture.directions.b)];
  const matrix = new Float64Array(width * width);
  for (let at = 0; at < a.length; at += width)
    addOuter(matrix, { a: a.slice(at, at + width), b: b.slice(at, at + width) });
  const found = leadingDirections(matrix, { width, rank, random: seededRandom(1) });
  for (const [i, value] of values.entries()) expect(Math.abs((found.values[i] ?? 0) / value - 1)).toBeLessThan(1e-5);
  for (const [at, value] of projection.entries()) {
    let own = 0;
    for (let row = 0; row < rank; row++)
      own += (found.rows[row * width + Math.floor(at / width)] ?? 0) * (found.rows[row * width + (at % width)] ?? 0);
    expect(own).toBeCloseTo(value, 4);
  }
});

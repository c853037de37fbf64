/** Jacobians of latents' inputs against `torch.func.jacrev`: whole ones and their norms, and norms that are only estimated. */
// @needs engine, time

import { beforeAll, describe, expect, test } from "vitest";
import { range } from "../../src/base/range.js";
import type { CodiModel } from "../../src/index.js";
import { directJacobians, type Jacobians, totalJacobians } from "../../src/studies/influence/exact.js";
import { STEPS } from "../../src/studies/influence/iterated.js";
import { times } from "../../src/studies/influence/norms.js";
import { influenceIn } from "../../src/studies/influence/read.js";
import { readJson } from "../support/parity.js";
import { loadTiny } from "../support/tiny.js";

interface Made {
  /** Of the whole matrix, relative to its norm. */
  readonly gap: number;
  readonly pairs: readonly {
    readonly to: number;
    readonly from: number;
    readonly frobenius: number;
    readonly spectral: number;
    readonly probe: number;
  }[];
}

const fixture = readJson<{
  u: readonly number[];
  v: readonly number[];
  cases: readonly { question: string; total: Made; direct: Made }[];
}>("influence");
const [first] = fixture.cases;
const question = first?.question ?? "";
let model: CodiModel;
let direct: Jacobians;

beforeAll(async () => {
  model = await loadTiny();
  direct = await directJacobians(model, question);
});

describe.each(["total", "direct"] as const)("%s Jacobians", (path) => {
  const made = first?.[path] ?? { gap: 0, pairs: [] };

  test("are the reference's, pair by pair", () => {
    const found = path === "direct" ? direct : totalJacobians(direct);
    expect(made.pairs).toHaveLength(15);
    for (const { to, from, frobenius, probe } of made.pairs) {
      const matrix = found[to]?.[from] ?? { width: 0, data: new Float64Array() };
      const norm = Math.hypot(...matrix.data);
      expect(Math.abs(norm - frobenius), `latent ${from} on latent ${to}`).toBeLessThan(10 * made.gap * frobenius);
      // A transposed matrix has the same norm.
      const image = times(matrix, Float64Array.from(fixture.v));
      const product = image.reduce((sum, value, i) => sum + value * (fixture.u[i] ?? 0), 0);
      const lengths = Math.hypot(...fixture.u) * Math.hypot(...fixture.v);
      expect(Math.abs(product - probe)).toBeLessThan(10 * made.gap * frobenius * lengths);
    }
  });

  test("have the norms that the study keeps", async () => {
    const { [path]: norms } = await influenceIn(model, question, 1);
    for (const { to, from, frobenius, spectral } of made.pairs) {
      // Five digits are kept.
      expect(norms.frobenius[to]?.[from]).toBeCloseTo(frobenius, 3 - Math.ceil(Math.log10(frobenius)));
      expect(norms.spectral[to]?.[from]).toBeCloseTo(spectral, 3 - Math.ceil(Math.log10(spectral)));
    }
    expect(norms.spectral.map((row) => row.map((value) => value === null))).toEqual(
      range(6).map((to) => range(6).map((from) => from >= to)),
    );
  });
});

test(`${STEPS} steps of power iteration come near the spectral norm from below, and probes near Frobenius's`, async () => {
  const { total, direct: held } = await influenceIn(model, question, 1, "iterated");
  for (const [path, norms] of [
    ["total", total],
    ["direct", held],
  ] as const)
    for (const { to, from, frobenius, spectral } of first?.[path].pairs ?? []) {
      const [iterated, probed] = [norms.spectral[to]?.[from] ?? 0, norms.frobenius[to]?.[from] ?? 0];
      expect(iterated / spectral).toBeLessThan(1.0001);
      expect(iterated / spectral).toBeGreaterThan(0.8);
      expect(Math.abs(probed / frobenius - 1)).toBeLessThan(0.5);
    }
});

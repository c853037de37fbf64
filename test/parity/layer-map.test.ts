/** What one backward pass predicts for states that are taken away at latents, against PyTorch's autograd. */
// @needs engine

import { afterAll, beforeAll, expect, test } from "vitest";
import type { CodiModel } from "../../src/index.js";
import { readPredictions } from "../../src/studies/layer-map/read.js";
import type { ReadContext } from "../../src/studies/read-context.js";
import { readPredictions as readSets } from "../../src/studies/subsets/read.js";
import { readJson } from "../support/parity.js";
import { fieldsOf, readContext } from "../support/read-context.js";
import { loadTiny } from "../support/tiny.js";

interface Case {
  readonly question: string;
  readonly said: string;
  /** Between float32 and float64, relative to the largest value. */
  readonly gap: number;
  readonly predicted: readonly (readonly number[])[];
}

const { cases } = readJson<{ cases: readonly Case[] }>("layer_map");
let model: CodiModel;

/** With all answers right. */
let right: ReadContext;

beforeAll(async () => {
  model = await loadTiny();
  right = await context();
});
afterAll(() => model.dispose());

/** The baselines of all cases. @param wrong places of those whose expected number is another than what is said. */
async function context(wrong: readonly number[] = []): Promise<ReadContext> {
  const problems = cases.map(({ question, said }, place) => ({
    id: `p${place}`,
    question,
    expected: Number(said) + (wrong.includes(place) ? 1 : 0),
  }));
  const results = await model.runBatch(
    problems.map(({ question }) => question),
    { expected: problems.map(({ expected }) => expected) },
  );
  return readContext(
    model,
    problems.flatMap((problem, place) => {
      const result = results[place];
      return result === undefined ? [] : [{ problem, result }];
    }),
  );
}

function largest(map: readonly (readonly number[])[]): number {
  return Math.max(...map.flat().map(Math.abs));
}

test("predictions are autograd's in every cell", async () => {
  const kept = await readPredictions(right);
  expect(kept).toHaveLength(3);
  for (const [place, { predicted, gap }] of cases.entries()) {
    const found = fieldsOf(kept[place]).kept?.["layer-map"]?.["predicted"] as number[][];
    expect(found.map(({ length }) => length)).toEqual(predicted.map(({ length }) => length));
    // Five digits are kept.
    const bound = Math.max(10 * gap, 5e-5) * largest(predicted);
    const apart = found.flatMap((row, layer) => row.map((value, latent) => value - (predicted[layer]?.[latent] ?? 0)));
    expect(Math.max(...apart.map(Math.abs))).toBeLessThan(bound);
  }
});

test("what subsets keeps of each latent is autograd's at the layer that is changed", async () => {
  const kept = await readSets(right);
  for (const [place, { predicted, gap }] of cases.entries()) {
    const found = fieldsOf(kept[place]).kept?.["subsets"]?.["predicted"] as number[];
    // The context's layer.
    const wanted = predicted[8] ?? [];
    expect(found).toHaveLength(wanted.length);
    const bound = Math.max(10 * gap, 5e-5) * largest(predicted);
    for (const [latent, value] of wanted.entries())
      expect(Math.abs((found[latent] ?? Number.NaN) - value)).toBeLessThan(bound);
  }
});

test("a wrong answer has no prediction, and those beside it keep theirs", async () => {
  const kept = await readPredictions(await context([1]));
  expect(kept.map((each) => each !== null)).toEqual([true, false, true]);
  const [all, some] = [await readPredictions(right), kept];
  for (const place of [0, 2]) expect(fieldsOf(some[place])).toEqual(fieldsOf(all[place]));
});

/** What a run is said to cost, counted by hand on small plans. */
// @needs engine

import { expect, test } from "vitest";
import {
  ANSWER_TOKENS,
  type BatchCost,
  type Layout,
  secondsApart,
  secondsOf,
} from "../../src/experiments/jobs/estimate.js";
import { partsOf } from "../../src/experiments/jobs/parts.js";
import { forwardMs, headMs, type StepRate } from "../../src/model/latent/plan/rates.js";
import { PATCH_MAPS, type PatchMap } from "../../src/studies/patching/grid.js";
import { condition, type StudyCondition } from "../../src/studies/study.js";
import { smallShape } from "../support/shapes.js";

const config = smallShape(4);
const layout: Layout = {
  config,
  numLatents: 2,
  eotTokens: 1,
  maxNewTokens: 16,
  rows: 64,
  batchProblems: 16,
  promptOf: (question) => Array.from({ length: question.length }, (_, i) => i),
  tokensOf: (question) => [...question],
};
const baseline = condition("baseline", "baseline", { interventions: [], factors: {} });
// At the output of the second of four blocks. Half of the latent's forward could be common, which is less than rows that part there cost.
const zero = condition("token-ablation", "zero", {
  interventions: ["zero:blocks.1.hook_resid_post@latent.0"],
  factors: {},
});
const rate = (rows: number, ms: number, head: number): StepRate => ({ rows, forwardMs: ms, headMs: head });

test("times between measured counts lie on a line, below and beyond as at the nearest count", () => {
  const rates = [rate(1, 10, 1), rate(8, 24, 8), rate(32, 48, 16)];
  expect([0, 1, 4.5, 8, 20, 32, 64].map((cells) => forwardMs(rates, cells))).toEqual([0, 10, 17, 24, 36, 48, 96]);
  expect([1, 20, 64].map((cells) => headMs(rates, cells))).toEqual([1, 12, 32]);
});

const batchCosts = (questions: readonly string[], conditions: readonly StudyCondition[], at: Layout): BatchCost[] =>
  partsOf(questions, conditions, { layout: at }).flatMap(({ costs }) => costs);

test("a batch is as many forwards as run one after the other", () => {
  const [cost, ...others] = batchCosts(["abcdef"], [baseline, zero], layout);
  expect(others).toEqual([]);
  expect(cost?.forwards).toEqual([
    { cells: 6, share: 1 },
    { cells: 2, share: 1 },
    { cells: 2, share: 1 },
    // Both rows: EOT, then their tokens but the last, one by one.
    ...Array.from({ length: ANSWER_TOKENS }, () => ({ cells: 2, share: 1 })),
  ]);
  expect(cost?.heads).toEqual([1, 1, 1, ...Array.from({ length: ANSWER_TOKENS }, () => 2)]);
  expect(cost?.tokenForwards).toBe(cost?.forwards.reduce((sum, { cells, share }) => sum + cells * share, 0));
});

test("seconds are the sum of the forwards' and the heads', and of each row's own where nothing is shared", () => {
  const rates = [rate(1, 10, 2), rate(8, 17, 9)];
  const costs = batchCosts(["abcdef"], [baseline, zero], layout);
  const forwards = 15 + 11 + 11 + 8 * 11;
  const heads = 3 * 2 + 8 * 3;
  expect(secondsOf(costs, rates)).toBeCloseTo((forwards + heads) / 1000, 12);
  const each = 15 + (2 + 8) * 10 + 8 * 2;
  expect(secondsApart(costs, rates, layout)).toBeCloseTo((2 * each) / 1000, 12);
});

test("problems are packed as the run packs them, and conditions that depend on a question run with it alone", () => {
  const questions = ["abcdef", "abc", "abcd", "abcde", "ab"];
  const own = {
    ...zero,
    name: "own",
    forQuestion: (tokens: readonly string[]) => (tokens.length > 3 ? zero.interventions : []),
  };
  const costs = batchCosts(questions, [baseline, zero, own], { ...layout, rows: 6 });
  // Two rows and the clean one make two questions a batch; three questions have tokens enough for the condition of their own, and the
  // others run the baseline that it then is.
  expect(costs.map(({ prompts }) => prompts)).toEqual([
    [2, 2, 3, 3],
    [4, 4, 5, 5],
    [6, 6],
    [6, 6],
    [3],
    [4, 4],
    [5, 5],
    [2],
  ]);
});

test("another number of latents is a run of its own, with its own clean answer", () => {
  const more: StudyCondition = { ...baseline, name: "three", latents: 3 };
  const zeroed: StudyCondition = { ...zero, name: "zeroed of three", latents: 3 };
  const costOf = (conditions: StudyCondition[]): BatchCost[] => batchCosts(["abcdef"], conditions, layout);
  const [trained, compared, other, ...none] = costOf([baseline, zero, more]);
  expect(none).toEqual([]);
  expect(costOf([baseline, zero])).toEqual([trained]);
  // The baseline that it is compared with.
  expect(compared).toMatchObject({ latents: 2, prompts: [6], tokenForwards: 6 + 2 + ANSWER_TOKENS });
  // Prompt, three latents, EOT and the answer, by itself.
  expect(other).toMatchObject({ latents: 3, prompts: [6], tokenForwards: 6 + 3 + ANSWER_TOKENS });
  expect(other?.apart).toBe(6 + 3 + ANSWER_TOKENS);
  // A clean run of three latents is needed to branch from, whether it is asked for or not.
  expect(costOf([baseline, zeroed])[2]).toEqual(costOf([baseline, zeroed, more])[2]);
  const rates = [rate(1, 10, 2), rate(8, 17, 9)];
  expect(secondsApart(other === undefined ? [] : [other], rates, layout)).toBeCloseTo(
    (15 + 11 * 10 + 8 * 2) / 1000,
    12,
  );
});

test("a map of patches costs by the length of its question, whatever else is in the run", () => {
  const map: StudyCondition = { ...zero, name: "map", patch: PATCH_MAPS[0] as PatchMap };
  const questions = ["abcdef", "abc", "ghijkl", "abcd"];
  const mapsOf = (some: string[]): BatchCost[] =>
    batchCosts(some, [baseline, map], layout).filter(({ prompts }) => prompts.length > questions.length);
  const together = mapsOf(questions);
  expect(together).toHaveLength(questions.length);
  expect(together).toEqual(questions.flatMap((question) => mapsOf([question])));
  expect(together[0]?.prompts[0]).not.toBe(together[1]?.prompts[0]);
});

/** A batch in parts: everything once, nothing too long on a slow machine, and what fits together stays together. */
// @needs engine, time

import { expect, test } from "vitest";
import type { Layout } from "../../src/experiments/jobs/estimate.js";
import { slowSeconds } from "../../src/experiments/jobs/part-cost.js";
import { type Part, partsOf } from "../../src/experiments/jobs/parts.js";
import type { LlamaConfig } from "../../src/model/decoder/llama/config.js";
import { pack } from "../../src/model/latent/plan/packing.js";
import { conditionsOf } from "../../src/studies/index.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";

const common = { rmsNormEps: 1e-5, maxPositions: 2048, ropeTheta: 5e5, ropeScaling: null, tiedEmbeddings: true };
const ids = { family: "llama" as const, bosTokenId: 0, eosTokenIds: [1] };
const TINY: LlamaConfig = {
  ...{ ...common, ...ids, layers: 16, vocabSize: 528 },
  ...{ dModel: 64, dMlp: 192, heads: 4, kvHeads: 2, dHead: 16 },
};
const BILLION: LlamaConfig = {
  ...{ ...common, ...ids, layers: 16, vocabSize: 128_256 },
  ...{ dModel: 2048, dMlp: 8192, heads: 32, kvHeads: 8, dHead: 64 },
};
const layoutOf = (config: LlamaConfig, rows: number, batchProblems = 16): Layout => ({
  ...{ config, rows, batchProblems, numLatents: 6, eotTokens: 1, maxNewTokens: 64 },
  promptOf: (question) => Array.from({ length: question.length }, (_, i) => i),
  tokensOf: (question) => [...question],
});
const conditions = conditionsOf(STUDY_NAMES, { layer: 8, depth: 16, latents: 6, protocol: "codi" });
const few = conditionsOf(["token-ablation"], { layer: 8, depth: 16, latents: 6, protocol: "codi" });
const questions = [62, 80, 71, 66, 80, 95, 63, 70].map((length, i) => `${i}`.padEnd(length, "3 pens, "));

/** `problem/condition` of all records, part by part. */
const itemsOf = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) => part.problems.flatMap((problem) => part.conditions.map((place) => `${problem}/${place}`)));
const everything = (problems: number, places: number): string[] =>
  Array.from({ length: problems * places }, (_, i) => `${Math.floor(i / places)}/${i % places}`);

test.each([
  ["the embedded model's shape", layoutOf(TINY, 256)],
  ["LLaMA-3.2-1B's shape", layoutOf(BILLION, 27)],
])(
  "%s: every record comes of one part, each problem's baseline of its first",
  (_, layout) => {
    const parts = partsOf(questions, conditions, { layout });
    const items = itemsOf(parts);
    expect([...items].sort()).toEqual(everything(questions.length, conditions.length).sort());
    for (const problem of questions.keys())
      expect(items.find((item) => item.startsWith(`${problem}/`))).toBe(`${problem}/0`);
    expect(partsOf(questions, conditions, { layout })).toEqual(parts);
  },
  60_000,
);

test("what gradients predict is computed of eight problems at once, and few of a run's problems are patched beside it", () => {
  const mine = conditionsOf(["attribution"], { layer: 8, depth: 16, latents: 6, protocol: "codi" });
  const layout = layoutOf(TINY, 256);
  const inRun = (first: number): Part[] => partsOf(questions, mine, { layout, place: { first, problems: 80 } });
  const kindsOf = (parts: readonly Part[], by: string, isDone: boolean): (readonly number[])[] =>
    parts
      .filter(({ conditions: places, costs }) => {
        const own = places.map((place) => mine[place]?.factors["by"]);
        return own.some((each) => each === by) && costs.length > 0 === isDone;
      })
      .map(({ problems }) => problems);
  expect(kindsOf(inRun(0), "gradient", true)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]]);
  // 20 of 80: every fourth, and of the problems in between records alone.
  expect(kindsOf(inRun(0), "patched", true)).toEqual([[3], [7]]);
  expect(kindsOf(inRun(0), "patched", false)).toEqual([[0, 1, 2, 4, 5, 6]]);
  expect(Array.from({ length: 10 }, (_, batch) => kindsOf(inRun(8 * batch), "patched", true)).flat()).toHaveLength(20);
  expect(kindsOf(partsOf(questions, mine, { layout }), "patched", true)).toHaveLength(questions.length);
}, 60_000);

test("at 1B no part of all studies takes a slow machine a minute, unless it is a single record", () => {
  const some = questions.slice(0, 2);
  const parts = partsOf(some, conditions, { layout: layoutOf(BILLION, 27) });
  const long = parts.filter(({ costs }) => slowSeconds(costs, BILLION) > 50);
  const isPredicted = (place: number): boolean => conditions[place]?.patch?.by !== undefined;
  expect(long.every((part) => part.problems.length === 1)).toBe(true);
  // One problem's predictions come of the same gradients.
  const rest = long.filter((part) => !part.conditions.some(isPredicted));
  expect(long.length - rest.length).toBeLessThanOrEqual(some.length);
  expect(rest.every((part) => part.conditions.length === 1)).toBe(true);
  // Maps of patches, where every cell runs from BOT on or is one of hundreds.
  const names = rest.flatMap((part) => part.conditions.map((place) => conditions[place]?.study));
  expect(names.filter((name) => name !== "patching" && name !== "attribution" && name !== "edges")).toEqual([]);
  expect(parts.length).toBeGreaterThan(20);
}, 60_000);

test("what is quickly computed is not cut: parts are the groups that the model packs", () => {
  const parts = partsOf(questions, few, { layout: layoutOf(TINY, 30) });
  const lengths = questions.map(({ length }) => length);
  const groups = pack(lengths, few.length + 1, { rows: 30, cells: 1e6 });
  expect(parts.map(({ problems }) => problems)).toEqual(groups.map((group) => [...group].sort((a, b) => a - b)));
  expect(parts.every((part) => part.conditions.length === few.length)).toBe(true);
});

test("problems are parted before conditions, and a part that must be cut is cut evenly", () => {
  const layout = layoutOf(TINY, 256);
  const [whole] = partsOf(questions.slice(0, 2), few, { layout });
  const each = [0, 1].flatMap((place) => partsOf(questions.slice(place, place + 1), few, { layout }));
  const most = Math.max(...each.map(({ costs }) => slowSeconds(costs, TINY)));
  const seconds = slowSeconds(whole?.costs ?? [], TINY);
  expect(seconds).toBeGreaterThan(most);
  const halved = partsOf(questions.slice(0, 2), few, { layout, mostSeconds: (most + seconds) / 2 });
  expect(halved.map(({ problems }) => problems)).toEqual([[0], [1]]);
  const [one] = partsOf(questions.slice(0, 1), few, { layout });
  const cut = partsOf(questions.slice(0, 1), few, { layout, mostSeconds: 0.99 * slowSeconds(one?.costs ?? [], TINY) });
  const sizes = cut.map((part) => part.conditions.filter((place) => place > 0).length);
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  expect(cut.map((part) => part.conditions.includes(0))).toEqual(cut.map((_, i) => i === 0));
});

test("under seed every problem is a part of its own, as it is run", () => {
  const seed = conditionsOf(
    ["token-ablation"],
    { layer: 8, depth: 16, latents: 6, protocol: "seed" },
    { withControls: false },
  );
  const parts = partsOf(questions, seed, { layout: layoutOf(TINY, 256, 1) });
  expect(parts.map(({ problems }) => problems)).toEqual(questions.map((_, place) => [place]));
});

test("a slow machine's seconds: every weight read once a forward and multiplied once a cell, and a moment a block", () => {
  // Queries, keys and values, the output, and the three of the MLP; the head has 2 · 10.
  const config: LlamaConfig = { ...TINY, layers: 2, dModel: 2, heads: 2, kvHeads: 1, dHead: 2, dMlp: 8, vocabSize: 10 };
  const block = 2 * 4 + 2 * (2 * 2) + 4 * 2 + 3 * 2 * 8;
  const through = (weights: number, cells: number): number => (4 * weights) / 2e10 + (2 * weights * cells) / 1.5e11;
  const cost = {
    ...{ nodes: 0, tokenForwards: 0, apart: 0, rows: [] },
    forwards: [
      { cells: 5, share: 1 },
      { cells: 3, share: 0.5 },
    ],
    heads: [4, 0],
  };
  const wanted = 2 * (1e-3 + through(block, 5)) + 1 * (1e-3 + through(block, 3)) + through(20, 4);
  expect(slowSeconds([cost], config)).toBeCloseTo(wanted, 15);
});

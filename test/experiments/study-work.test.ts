/** What studies compute of their own, in a plan: by hand, and beside the rows that the studies really ask for. */
// @needs engine

import { expect, test } from "vitest";
import { range } from "../../src/base/range.js";
import { type BatchCost, type Layout, secondsApart, secondsOf } from "../../src/experiments/jobs/estimate.js";
import { slowSeconds } from "../../src/experiments/jobs/part-cost.js";
import { partsOf } from "../../src/experiments/jobs/parts.js";
import { afterRunCosts, readingCosts } from "../../src/experiments/jobs/study-work.js";
import type { CodiModel } from "../../src/index.js";
import { conditionsOf } from "../../src/studies/index.js";
import { iteratedNorms } from "../../src/studies/influence/iterated.js";
import { readInfluences } from "../../src/studies/influence/read.js";
import { influence } from "../../src/studies/influence/study.js";
import { influenceWork } from "../../src/studies/influence/work.js";
import { layerMap } from "../../src/studies/layer-map/study.js";
import { steering } from "../../src/studies/steering/study.js";
import type { Study } from "../../src/studies/study.js";
import { subsets } from "../../src/studies/subsets/study.js";
import { subspace } from "../../src/studies/subspace/study.js";
import { type Work, type WorkFacts, workOfRows } from "../../src/studies/work.js";
import { BILLION, smallShape, TINY } from "../support/shapes.js";
import { loadTiny, question } from "../support/tiny.js";

const facts: WorkFacts = {
  ...{ config: TINY, protocol: "codi", numLatents: 6, eotTokens: 1, answerTokens: 8, problems: 100 },
};
const layout: Layout = {
  ...{ config: TINY, rows: 256, batchProblems: 16, numLatents: 6, eotTokens: 1, maxNewTokens: 64 },
  promptOf: ({ length }) => range(length),
  tokensOf: (text) => [...text],
};
const run = { protocol: "codi", problems: 16 } as const;
const questions = range(2).flatMap(() => [62, 80, 71, 66, 80, 95, 63, 70].map((length) => "x".repeat(length)));
const cellsOf = (work: readonly Work[]): number => work.reduce((sum, { cells, forwards }) => sum + cells * forwards, 0);

test("rows are their prompts, their latents one by one, and EOT with the answer", () => {
  const few = { numLatents: 2, eotTokens: 1, answerTokens: 8 };
  expect(workOfRows(few, { rows: 3, tokens: 10 })).toEqual([
    { cells: 30, forwards: 1 },
    { cells: 3, forwards: 2 },
  ]);
  expect(workOfRows(few, { rows: 3, prompts: 1, tokens: 10, hasAnswer: true, passes: 3, promptPasses: 1 })).toEqual([
    { cells: 10, forwards: 1 },
    { cells: 3, forwards: 6 },
    { cells: 24, forwards: 3, heads: 24 },
  ]);
});

/** The rows of each call that a study makes of a model. */
async function rowsAsked(model: CodiModel, work: (watched: CodiModel) => Promise<unknown>): Promise<number[]> {
  const rows: number[] = [];
  const watched = new Proxy(model, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const [asked, conditions] = given as [readonly unknown[], (readonly unknown[])?];
        if (name === "gradientBatch" || name === "jvpBatch") rows.push(asked.length);
        if (name === "runConditions") rows.push(asked.length * (conditions?.length ?? 0));
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
  await work(watched);
  return rows;
}

/** The rows of each call that a plan has: they go through the latents together. */
const rowsPlanned = (work: readonly Work[]): number[] => work.filter((_, i) => i % 2 === 1).map(({ cells }) => cells);

test("influence is planned with the rows that it asks for, exact or estimated", async () => {
  using model = await loadTiny();
  const [exact, estimated] = [TINY, BILLION].map((config) =>
    influenceWork({ ...facts, config, problems: 1 }, { index: 0, tokens: 70 }),
  );
  const result = await model.run(question, { maxNewTokens: 1 });
  const context = { problems: 1, seed: 1 } as Parameters<typeof readInfluences>[0]["facts"];
  const runs = [{ problem: { id: "p", question, expected: 1 }, index: 0, result }];
  expect(rowsPlanned(exact ?? [])).toEqual(
    await rowsAsked(model, (watched) => readInfluences({ model: watched, runs, facts: context })),
  );
  // What follows the norms is the cut, of which the exact way is asked above.
  expect(rowsPlanned(estimated ?? []).slice(0, -1)).toEqual(
    await rowsAsked(model, (watched) => iteratedNorms(watched, question, { seed: 1 })),
  );
});

test("problems that a study does not read cost nothing, nor does what a protocol lacks", () => {
  const read = range(100).filter((index) => influenceWork(facts, { index, tokens: 70 }).length > 0);
  expect(read).toHaveLength(24);
  expect(
    range(100).every((index) => influenceWork({ ...facts, wholeSample: true }, { index, tokens: 70 }).length > 0),
  ).toBe(true);
  expect(influenceWork({ ...facts, protocol: "codi-pause", problems: 1 }, { index: 0, tokens: 70 })).toEqual([]);
  expect(influenceWork({ ...facts, numLatents: 1, problems: 1 }, { index: 0, tokens: 70 })).toEqual([]);
});

test("directions take a fold's training and tests twice, and grow with the pairs until training has enough swaps", () => {
  const { afterRun } = subspace;
  const cells = (problems: number): number =>
    cellsOf(
      afterRun?.work?.(
        facts,
        range(problems).map((index) => ({ index, tokens: 70 })),
      ) ?? [],
    );
  expect(cells(7)).toBe(0);
  // A row is 70 + 6 + 8 positions, one of a prompt that is there 14; 16 pairs are 16 swaps a fold to train on and 8 to test.
  const [row, more] = [84, 14];
  const runs = (count: number, bases: number): number => count * (row + bases * more);
  const fold = runs(16, 1) + 3 * row * (2 * 16 + 4 * 16) + runs(16, 4) + runs(8, 13) + runs(8, 4);
  expect(cells(16)).toBe(2 * runs(16, 0) + 2 * fold);
  const [hundred, twice] = [cells(100), cells(200)];
  expect(twice).toBeLessThan(2 * hundred);
});

const reading =
  (studies: readonly Study[]) =>
  (place: number): BatchCost[] =>
    readingCosts({ ...run, studies }, { index: place, question: questions[place] ?? "" }, layout);
const conditions = conditionsOf(["influence"], { layer: 8, depth: 16, latents: 6, protocol: "codi" });
const isReading = ({ prompts }: BatchCost): boolean => prompts.length === 0;

test("each baseline is read in one part, and workers share what takes long", () => {
  const of = reading([influence, steering]);
  const plain = partsOf(questions, conditions, { layout });
  const parts = partsOf(questions, conditions, { layout, reading: of });
  expect(parts.length).toBeGreaterThan(plain.length);
  expect(parts.flatMap(({ costs }) => costs.filter(isReading))).toHaveLength(2 * questions.length);
  for (const { costs, conditions: places } of parts) expect(costs.some(isReading)).toBe(places.includes(0));
  // One after the other they would take longer than a tenth of what a part may.
  expect(new Set(parts.filter(({ costs }) => costs.some(isReading)).map(({ problems }) => problems.length))).toEqual(
    new Set([4]),
  );
  // Nothing beside the conditions: the parts are what they were.
  expect(partsOf(questions, conditions, { layout, reading: reading([]) })).toEqual(plain);
});

test("the gradient that two studies predict by is counted once", () => {
  expect(reading([layerMap, subsets])(0)).toEqual(reading([subsets])(0));
  expect(reading([layerMap, steering])(0)).toHaveLength(2);
});

test("where a problem's conditions are parted, the first part reads its baseline", () => {
  const of = reading([influence]);
  const one = questions.slice(0, 1);
  const [whole] = partsOf(one, conditions, { layout });
  const mostSeconds = 0.6 * slowSeconds(whole?.costs ?? [], TINY);
  const parts = partsOf(one, conditions, { layout, mostSeconds, reading: of });
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.map(({ costs }) => costs.filter(isReading).length)).toEqual(parts.map((_, i) => (i === 0 ? 1 : 0)));
});

test("what studies compute takes as long by itself as in the run", () => {
  const config = smallShape(4);
  const small = { ...layout, config, numLatents: 2 };
  const rates = [
    { rows: 1, forwardMs: 10, headMs: 1 },
    { rows: 8, forwardMs: 24, headMs: 8 },
  ];
  const study: Study = {
    ...{ name: "own", question: "?", conditions: [] },
    readWork: (_, { index, tokens }) => [{ cells: tokens, forwards: index + 1, heads: 1 }],
    afterRun: { file: "own.json", make: async () => ({}), work: (_, { length }) => [{ cells: length, forwards: 1 }] },
  };
  const working = { ...run, studies: [study, steering] };
  const costs = readingCosts({ ...working, studies: [study] }, { index: 2, question: "12345678" }, small);
  expect(secondsOf(costs, rates)).toBeCloseTo((3 * 24 + 1) / 1000, 12);
  expect(secondsApart(costs, rates, small)).toBe(secondsOf(costs, rates));
  const asked = range(8).map((index) => ({ index, question: "?" }));
  expect(secondsOf(afterRunCosts(working, asked, small), rates)).toBeCloseTo(0.024, 12);
});

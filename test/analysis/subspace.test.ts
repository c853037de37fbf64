/** Exchanges that were counted by hand, and what the finding says of them. Wilson's intervals are those of SciPy's `proportion_ci`. */
// @needs nothing

import { expect, test } from "vitest";
import type { RunFacts } from "../../src/studies/finding.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import type { HeldOutPair, Outcome, SubspaceFile } from "../../src/studies/subspace/file.js";
import { subspaceFinding } from "../../src/studies/subspace/finding.js";
import { story } from "../../src/studies/subspace/story.js";
import { recordedPairs } from "../../src/studies/subspace/swaps.js";

/** The question's number and its counterpart's, and both runs' logit differences: an effect of 1 goes from 10 to -10. */
const [OWN, OTHER] = [5, 6];
const differences = { own: 10, other: -10 };
const moves = (isMoved: boolean, effect: number): Outcome => ({
  number: isMoved ? OTHER : OWN,
  difference: 10 - 20 * effect,
});

/** The whole state moves 8 of 10; one direction moves 4 of these, two move all 8; principal components 1 and 3, and random ones none. */
function pairAt(i: number): HeldOutPair {
  const rank = (count: number, trained: number, principal: number) => ({
    rank: count,
    trained: moves(i < trained, 0.25 * count),
    principal: moves(i < principal, 0.1),
    random: moves(false, 0),
    other: i < 6 ? moves(false, 0) : null,
  });
  return {
    ...{ id: `p${i}`, fold: i % 2, number: OTHER, differences },
    whole: moves(i < 8, 1),
    ranks: [rank(1, 4, 1), rank(2, 8, 3)],
  };
}

const basis = (rank: number, moved: number) => ({ rank, moved, rows: "" });
const file: SubspaceFile = {
  ...{ schema: 1, kind: "value", positions: ["bot", "latent.0"], width: 4 },
  folds: [
    { block: 3, pairs: 5, swaps: 8, bases: [basis(1, 5), basis(2, 8)] },
    { block: 1, pairs: 5, swaps: 6, bases: [basis(1, 2), basis(2, 6)] },
  ],
  pairs: Array.from({ length: 10 }, (_, i) => pairAt(i)),
};

function record(i: number): StudyRecord {
  return {
    ...{ study: "subspace", status: "patched" },
    problem: { id: `p${i}`, index: i, question: "?", expected: OWN },
    condition: { name: "", interventions: [] },
    pair: {
      status: "kept",
      numbers: { clean: OWN, counterfactual: OTHER },
      differences: { clean: 10, counterfactual: -10 },
    },
    map: { rows: ["bot and latents"], columns: ["1", "3"], numbers: [[i < 2 ? OTHER : OWN, i < 8 ? OTHER : null]] },
  };
}
const records = Array.from({ length: 10 }, (_, i) => record(i));
const dropped = { ...record(10), pair: { status: "dropped", reason: "why" }, map: null };

const rate = { kind: "value", value: 1, low: 0.7, high: 1, n: 10 } as const;
const run: RunFacts = { protocol: "codi", testMode: false, seed: 1, baseline: { n: 10, correct: 10, rate } };
const found = (kept: object | null, some: readonly StudyRecord[] = [...records, dropped]) =>
  subspaceFinding({
    ...{ story, rows: [], records: some, baselines: [], run },
    file: (name) => (kept === null ? null : { path: name, text: JSON.stringify(kept) }),
  });

test("the fewest directions that do nearly what the whole state does are told, beside every control", () => {
  const { sentence = "", headline, data } = found(file) ?? {};
  expect(sentence).toBe(
    "Exchanged at BOT and all latents after blocks 1 and 3, the whole state of 4 numbers makes 8 of 10 (0.80 [0.49, 0.94]) held-out answers the other run's. " +
      "Its component in 2 directions that were trained on other problems makes 8 of 10 (0.80 [0.49, 0.94]): 1.00 [1.00, 1.00] of what the whole state moves (the fewest directions with 0.9 or more). " +
      "Controls: 0 of 10 in 2 directions drawn at random, 3 of 10 in as many principal components, 0 of 6 in the trained ones where the head names the same in both runs. " +
      "n = 10 pairs of a question and the same with one number changed. 1 problem dropped (1: why).",
  );
  expect(headline?.sentence).toBe(
    "Exchanged between two runs, 2 directions move 8 of 10 held-out answers (0.80 [0.49, 0.94]), the whole state 8, random directions 0.",
  );
  expect(data?.["subspace"]).toMatchObject({
    pairs: 10,
    whole: { moved: { count: 8, n: 10 }, effect: { value: 1, n: 10 } },
    ranks: [
      {
        trained: {
          moved: { count: 4, n: 10, rate: { low: expect.closeTo(0.1682, 4), high: expect.closeTo(0.6873, 4) } },
        },
        ofWhole: { value: 0.5, n: 10 },
        inTraining: { count: 7, n: 14 },
        principal: { moved: { count: 1 }, effect: { value: expect.closeTo(0.1, 10) } },
      },
      { trained: { effect: { value: 0.5 } }, inTraining: { count: 14, n: 14 }, other: { moved: { count: 0, n: 6 } } },
    ],
    blocks: [
      { block: 1, moved: { count: 2, n: 10 } },
      { block: 3, moved: { count: 8, n: 10 } },
    ],
  });
});

test("the tables have every number of directions, and another run is compared by what each pair adds", () => {
  const { exhibits = [], units, headline } = found(file) ?? {};
  expect(exhibits.map(({ kind }) => kind)).toEqual(["figure", "table"]);
  const [, table] = exhibits;
  expect(table?.kind === "table" && table.files.map(({ rows }) => rows.length)).toEqual([1 + 4 * 2, 2]);
  const counts = headline?.rows.map(({ label }) => units?.(label)?.reduce((sum, each) => sum + each.sum, 0));
  expect(counts).toEqual([4, 8, 8]);
  expect(units?.("2 directions")?.[8]).toEqual({ problemId: "p8", sum: 0, n: 1 });
  expect(units?.("9 directions")).toBeNull();
});

test("where no number of directions is enough, the one that moves most is told", () => {
  const less = { ...file, pairs: file.pairs.map((pair) => ({ ...pair, ranks: pair.ranks.slice(0, 1) })) };
  expect(found(less)?.sentence).toContain(
    "Its component in 1 direction that was trained on other problems makes 4 of 10 (0.40 [0.17, 0.69]): 0.50",
  );
  expect(found(less)?.sentence).toContain("of what the whole state moves, and no number of directions");
});

test("without directions the reason is the answer, and nothing is drawn", () => {
  const without = found({ schema: 1, kind: "undefined", reason: "3 pairs, at least 8 are needed" });
  expect(without?.sentence).toBe(
    "No directions were trained: 3 pairs, at least 8 are needed. 1 problem dropped (1: why).",
  );
  expect(without?.headline?.sentence).toBe(
    "Which directions carry the value is not said: 3 pairs, at least 8 are needed.",
  );
  // A claim on the latents would need a control.
  expect(without?.headline?.about).toBeUndefined();
  expect(without?.headline?.rows.map(({ label }) => label)).toEqual(["whole state, block 1", "whole state, block 3"]);
  expect(without?.exhibits).toEqual([]);
  expect(found(null)?.sentence).toMatch(/^No directions were trained: the run was not finished\./);
  expect(found(null, [])).toBeNull();
});

test("a damaged file is refused by its name", () => {
  expect(() => found({ ...file, width: 0 })).toThrow(/^subspace\.json is damaged: /);
});

test("a pair is read with the blocks at which the whole state moves its answer, and one that was dropped is none", () => {
  const pairs = recordedPairs([...records, dropped]);
  expect(pairs).toHaveLength(10);
  expect(pairs.map(({ moved }) => [...moved])[2]).toEqual([
    [1, false],
    [3, true],
  ]);
});

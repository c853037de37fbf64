/** What one gradient would have picked of the cells that are patched. */
// @needs nothing

import { expect, test } from "vitest";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { patchingFinding } from "../../src/studies/patching/finding.js";
import type { PredictedMap } from "../../src/studies/patching/record.js";
import { story } from "../../src/studies/patching/story.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { keptPair } from "../support/kept-pair.js";

const ROWS = ["number", "bot", "latent.0", "bot and latents"];
/** `[row][block]`: effects of the patches, and as one gradient predicts them; a logit difference goes from 10 to 0. */
const PATCHED = [
  [1, 1],
  [0.1, 0.5],
  [0.4, 0.2],
  [0.9, 0.7],
];
const PREDICTED = [
  [0.2, 0.3],
  [0.1, 0.2],
  [0.5, 0.1],
  [0.6, 0.8],
];
const CLEAN = 10;
const asDifferences = (effects: readonly (readonly number[])[]): number[][] =>
  effects.map((row) => row.map((effect) => CLEAN * (1 - effect)));

function record(index: number, kept: PredictedMap | undefined): StudyRecord {
  return {
    study: story.name,
    status: "patched",
    problem: { id: `p${index}`, index, question: "", expected: 5 },
    condition: { name: "a map", interventions: [], factors: { direction: "noising", site: "resid" } },
    pair: keptPair({ differences: { clean: CLEAN, counterfactual: 0 } }),
    map: {
      ...{ rows: ROWS, columns: ["0", "1"], unrelated: null },
      differences: asDifferences(PATCHED),
      numbers: PATCHED.map((row) => row.map((effect) => (effect >= 0.5 ? 6 : 5))),
    },
    ...(kept === undefined ? {} : { kept: { [story.name]: kept } }),
  };
}

function find(n: number, kept: (index: number) => PredictedMap | undefined) {
  const records = Array.from({ length: n }, (_, index) => record(index, kept(index)));
  const run = { seed: 1, protocol: "codi", testMode: false, baseline: { n, correct: n, rate: wilson(n, n) } } as const;
  const finding = patchingFinding({ story, rows: [], records, baselines: [], run, file: () => null });
  if (finding === null) throw new Error("no finding");
  return finding;
}

const predicted = { predicted: asDifferences(PREDICTED) };

test("the cells that one gradient would have picked stand beside the largest, with what their patches do", () => {
  const { sentence } = find(12, () => predicted);
  expect(sentence).toContain("over BOT and all latents at block 0 moves 12 of 12 answers");
  expect(sentence).toContain("Of single positions bot at block 1 does most: 12 of 12");
  expect(sentence).toContain(
    "One backward pass a pair, with no cell run, would have picked block 1 for BOT and all latents (12 of 12 answers to the counterfactual's, mean effect 0.70",
  );
  expect(sentence).toContain("and latent.0 at block 0 of single positions (0 of 12 answers to the counterfactual's");
});

test("r is over the map's cells, and where both pick the same cell the sentence says so", () => {
  // numpy.corrcoef([1, 1, .1, .5, .4, .2, .9, .7], [.2, .3, .1, .2, .5, .1, .6, .8])[0, 1]
  const { sentence, data } = find(12, () => predicted);
  expect(sentence).toMatch(/Over the 8 cells of this map what it predicts and what patches do agree with r = 0\.39 \[/);
  expect(data).toMatchObject({
    patching: { maps: [{ agreement: { n: 12, value: expect.closeTo(0.3929341334137072, 9) } }] },
  });
  const same = find(12, () => ({ predicted: asDifferences(PATCHED) })).sentence;
  expect(same).toContain(
    "would have picked the same block for BOT and all latents, and the same single position and block.",
  );
});

test("one or two pairs have r without an interval, and the sentence says so", () => {
  for (const n of [1, 2]) {
    const { sentence, data } = find(n, () => predicted);
    expect(sentence).toContain(`agree with r = 0.39, n = ${n}: too few to say.`);
    expect(data).toMatchObject({ patching: { maps: [{ agreement: { n, low: null, high: null } }] } });
  }
});

test("pairs without a gradient are counted with the reason, and the others are compared", () => {
  const { sentence } = find(12, (index) => (index < 2 ? { unpredicted: "no room" } : predicted));
  expect(sentence).toContain("No gradient could be taken of 2 pairs (2: no room).");
  expect(sentence).toContain("agree with r = 0.39");
  const none = find(12, () => ({ unpredicted: "no room" })).sentence;
  expect(none).toContain("No gradient could be taken of 12 pairs (12: no room).");
  expect(none).not.toContain("would have picked");
});

test("table and file have the predictions, and neither has columns of them where older records hold none", () => {
  const tableOf = (finding: ReturnType<typeof find>) => {
    const found = finding.exhibits.find(({ kind }) => kind === "table");
    if (found?.kind !== "table") throw new Error("no table");
    return found;
  };
  const { table, files } = tableOf(find(12, () => predicted));
  // BOT: block 1 does most and is picked; latent 0: block 0 both times; all of them: block 0 does most, and block 1 is picked.
  expect(table.rows.map((row) => [row[1], row[2], row[6]])).toEqual([
    ["number", "0", "1"],
    ["bot", "1", "1"],
    ["latent.0", "0", "0"],
    ["bot and latents", "0", "1"],
  ]);
  expect(files[0]?.rows[4]?.slice(-3, -2)).toEqual([expect.closeTo(0.5, 9)]);
  const old = find(12, () => undefined);
  expect(old.sentence).not.toContain("backward pass");
  expect(tableOf(old).table.header).toHaveLength(6);
  expect(tableOf(old).files[0]?.columns.map(({ name }) => name)).not.toContain("predicted_effect");
});

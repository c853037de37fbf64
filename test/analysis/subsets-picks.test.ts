/** Which sets of latents one backward pass would have picked, beside those that break most. */
// @needs nothing

import { expect, test } from "vitest";
import { wilson } from "../../src/statistics/proportion-interval.js";
import type { StudyRecord, StudyRow } from "../../src/studies/shared/rows.js";
import { subsetsFinding } from "../../src/studies/subsets/finding.js";
import { story } from "../../src/studies/subsets/story.js";

/** Of 12 answers so many break under each set of three latents. Latent 2 alone breaks nothing, with latent 0 it breaks most. */
const BROKEN: Readonly<Record<string, number>> = { "0": 4, "1": 6, "2": 0, "0+1": 7, "0+2": 9, "1+2": 6, "0+1+2": 10 };
/** Change of the log-odds by latent: to first order 0 and 1 are the strongest pair. */
const PREDICTED = [-3, -2, 0.5];

function rows(n: number): StudyRow[] {
  const sets = Object.entries(BROKEN).map(([set, broken]) => ({ set, broken, size: set.split("+").length }));
  const row = (condition: string, factors: StudyRow["factors"], broken: number): StudyRow[] =>
    Array.from({ length: n }, (_, problem) => ({
      ...{ study: story.name, condition, factors, problemId: `p${problem}`, baselineCorrect: true },
      ...{ correct: problem >= broken, deltaLogProb: -1, kl: 0 },
    }));
  return [
    ...sets.flatMap(({ set, size, broken }) => row(`zero ${set}`, { set, size }, broken)),
    ...row("random", { size: 3, control: "random directions of the same norm" }, 1),
  ];
}

function find(n: number, kept: (problem: number) => object | undefined) {
  const baselines = Array.from({ length: n }, (_, index): StudyRecord => {
    const own = kept(index);
    return {
      ...{ study: "baseline", status: "ok", condition: { name: "baseline", interventions: [] } },
      problem: { id: `p${index}`, index, question: "", expected: 1 },
      ...(own === undefined ? {} : { kept: { [story.name]: own } }),
    };
  });
  const run = { seed: 1, protocol: "codi", testMode: false, baseline: { n, correct: n, rate: wilson(n, n) } } as const;
  const finding = subsetsFinding({ story, rows: rows(n), records: [], baselines, run, file: () => null });
  if (finding === null) throw new Error("no finding");
  return finding;
}

const predicted = { predicted: PREDICTED };

test("of each size the set with the largest predicted fall is named, with what it breaks", () => {
  const { sentence } = find(12, () => predicted);
  expect(sentence).toContain(
    "One backward pass a problem, with no set run, would have picked latent 0 of the 3 latents (breaks 4 of 12; the most that any of them breaks is 6), latents 0, 1 of the 3 pairs (break 7 of 12; the most that any of them breaks is 9).",
  );
  const right = find(12, () => ({ predicted: [-3, 2, -2] })).sentence;
  expect(right).toContain("latents 0, 2 of the 3 pairs (break 9 of 12; as many as any of them)");
});

test("r is that of the sums of predicted falls with the shares that break, over sets", () => {
  // numpy.corrcoef([3, 2, -.5, 5, 2.5, 1.5, 4.5], [4, 6, 0, 7, 9, 6, 10])[0, 1]
  const { data, sentence } = find(12, () => predicted);
  expect(data["agreement"]).toMatchObject({ kind: "value", n: 12, value: expect.closeTo(0.7437478870828674, 9) });
  expect(sentence).toContain(
    "Over 7 sets the sum that it predicts for a set's latents and the share of answers that breaks agree with r = 0.74 [",
  );
});

test("one or two problems have r without an interval, or none, and the sentence says so", () => {
  expect(find(2, () => predicted).sentence).toMatch(/agree with r = −?\d\.\d\d, n = 2: too few to say\./);
  // Of one problem every set but that of latent 2 breaks all.
  expect(find(1, () => predicted).sentence).toMatch(/agree with r = 0\.\d\d, n = 1: too few to say\./);
});

test("controls have no prediction, and older records neither sentence nor column", () => {
  const tableOf = (finding: ReturnType<typeof find>) => {
    const found = finding.exhibits.find((each) => each.kind === "table" && each.key === "");
    if (found?.kind !== "table") throw new Error("no table");
    return found.table;
  };
  const { rows: shown } = tableOf(find(12, () => predicted));
  const last = Object.fromEntries(shown.map((row) => [row[0], row.at(-1)]));
  expect(last["zero 0+1"]).toMatch(/^−5\.00/);
  expect(last["random"]).toBe("–");
  const old = find(12, () => undefined);
  expect(old.sentence).not.toContain("backward pass");
  expect(tableOf(old).header).not.toContain("log-odds predicted by one backward pass");
});

test("problems without a gradient are counted with the reason", () => {
  const { sentence, data } = find(12, (problem) => (problem === 0 ? { unpredicted: "no room" } : predicted));
  expect(sentence).toContain("No gradient could be taken of 1 problem (1: no room).");
  expect(data["agreement"]).toMatchObject({ n: 11 });
});

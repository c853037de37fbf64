/** Doses out of kept runs, and what the finding says of them. */
// @needs nothing

import { expect, test } from "vitest";
import { wilson } from "../../src/statistics/proportion-interval.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { steeringFinding } from "../../src/studies/steering/finding.js";
import type { SteeredProblem, SteeredRun, Steering } from "../../src/studies/steering/record.js";
import { story } from "../../src/studies/steering/story.js";
import { type SteeringDose, steeringSummary } from "../../src/studies/steering/summary.js";

const ANSWER = 10;

/** A problem whose answer is 10 and should become 12. @param own what is answered with the direction at strength 1, and by how much the logits move. */
function made(own: Pick<SteeredRun, "answer" | "change">, step = 0): SteeredProblem {
  const still = { answer: ANSWER, change: 0 };
  const runs: SteeredRun[] = [
    { added: "own", strength: -1, ...still },
    { added: "own", strength: 1, ...own },
    { added: "random", strength: 1, answer: ANSWER, change: 0.5 },
    { added: "elsewhere", strength: 1, ...still },
  ];
  const site = { latent: step, elsewhere: step + 1, agreement: 0.5, length: 2, runs };
  return {
    status: "steered",
    ...{ step, value: 4, by: 1, answer: ANSWER, predicted: 12, pairs: 6 },
    sites: [
      { ...site, site: "input" },
      { ...site, site: "resid", runs: runs.map((run) => ({ ...run, ...still })) },
      { ...site, site: "kv", runs: runs.map((run) => ({ ...run, ...still })) },
    ],
  };
}

const LEFT: Steering = { status: "left", reason: "the model's own answer is not the solution's" };

function rows(all: readonly Steering[]): { problemId: string; steering: Steering }[] {
  return all.map((steering, i) => ({ problemId: `p${i}`, steering }));
}

function record(index: number, steering: object): StudyRecord {
  return {
    study: "baseline",
    status: "ok",
    problem: { id: `p${index}`, index, question: "", expected: 1 },
    condition: { name: "baseline", interventions: [] },
    kept: { steering },
  };
}

const run = { seed: 1, protocol: "codi", testMode: false, baseline: { n: 9, correct: 9, rate: wilson(9, 9) } } as const;
const input = { story, rows: [], records: [], run, file: () => null };
const at = (doses: readonly SteeringDose[] | undefined, added: string, strength: number): SteeringDose | undefined =>
  doses?.find((dose) => dose.site === "input" && dose.added === added && dose.strength === strength);

test("answers are counted as predicted, as changed, and by how far they go of what was said", () => {
  const all = [
    ...[made({ answer: 12, change: 4 }), made({ answer: 11, change: 2 }, 1), made({ answer: null, change: 3 })],
    ...[made({ answer: 1_000_000, change: 1 }), made({ answer: 8, change: null }), LEFT],
  ];
  const summary = steeringSummary(rows(all), 1);
  expect(summary).toMatchObject({ problems: 5, pairs: 6, left: [{ reason: LEFT.reason, count: 1 }] });
  const own = at(summary?.doses, "own", 1);
  expect(own?.moved).toMatchObject({ count: 1, n: 5 });
  expect(own?.changed).toMatchObject({ count: 5, n: 5 });
  // One run has no logits.
  expect(own?.toward).toMatchObject({ value: (4 + 2 + 3 + 1) / 4, n: 4 });
  // All of 2 said, half of it, 5 times as much at most, and as much the other way; one answer has no number.
  expect(own?.share).toMatchObject({ value: expect.closeTo((2 + 1 + 10 - 2) / 8), n: 4 });
  expect(at(summary?.doses, "random", 1)?.behind).toMatchObject({ value: (3.5 + 1.5 + 2.5 + 0.5) / 4, n: 4 });
  expect(at(summary?.doses, "own", -1)).toMatchObject({ moved: { count: 0 }, behind: null });
  expect(summary?.picks.filter(({ site }) => site === "input")).toEqual([
    { site: "input", step: 1, latent: 0, count: 4, n: 4 },
    { site: "input", step: 2, latent: 1, count: 1, n: 1 },
  ]);
});

test("the finding says what each site does beside its controls, and each problem's part of the headline's number", () => {
  const answers = [12, 12, 12, ANSWER, ANSWER, ANSWER, ANSWER, ANSWER, ANSWER, ANSWER];
  const all = answers.map((answer) => made({ answer, change: 2 }));
  const found = steeringFinding({ ...input, baselines: [...all, LEFT].map((each, i) => record(i, each)) });
  expect(found?.sentence).toContain(
    "At a latent's input the direction makes 3 of 10 (0.30 [0.11, 0.60]) the predicted number; a random one 0, the same at another latent 0.",
  );
  expect(found?.sentence).toMatch(/1 problem is not steered: 1 because the model's own answer/);
  expect(found?.headline).toMatchObject({
    sentence:
      "Directions at a latent's input make 3 of 10 (0.30 [0.11, 0.60]) answers what they say; random ones 0, at another latent 0.",
    about: "input",
  });
  expect(found?.units?.("input")?.map(({ sum }) => sum)).toEqual(answers.map((answer) => Number(answer === 12)));
  expect(found?.units?.("nowhere")).toBeNull();
  expect(found?.exhibits.map(({ kind }) => kind)).toEqual(["figure", "table", "table"]);
});

test("nothing that moves, few problems and none are one sentence each", () => {
  const sentence = (all: readonly object[]): string | undefined =>
    steeringFinding({ ...input, baselines: all.map((each, i) => record(i, each)) })?.sentence;
  const still = made({ answer: ANSWER, change: 0 });
  const silent = {
    ...still,
    sites: still.sites.map((site) => ({ ...site, runs: site.runs.map((each) => ({ ...each, change: 0 })) })),
  };
  expect(sentence(Array.from({ length: 9 }, () => silent))).toBe(
    "Nothing that is added at a latent moves an answer or its logits (n = 9 problems).",
  );
  expect(sentence([still, still])).toBe(
    "Whether a direction moves the answer by what it says: too few to say (n = 2 problems).",
  );
  expect(sentence([LEFT])).toMatch(/^No problem could be steered\. 1 problem is not steered/);
  expect(steeringFinding({ ...input, baselines: [] })).toBeNull();
});

test("a record whose runs are not there is refused by the name of its problem", () => {
  expect(() => steeringFinding({ ...input, baselines: [record(0, { status: "steered" })] })).toThrow(
    /^The baseline of problem "p0" has damaged steered runs \(kept\.steering\): /,
  );
});

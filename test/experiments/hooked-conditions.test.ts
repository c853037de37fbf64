/** Callbacks of a study's conditions: planned, run and muted as members of the batch that the study's data is in. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import type { Layout } from "../../src/experiments/jobs/estimate.js";
import { partsOf } from "../../src/experiments/jobs/parts.js";
import { runStudyConditions } from "../../src/experiments/jobs/run-study-conditions.js";
import type { LoopCounts } from "../../src/model/latent/run-types.js";
import { BASELINE } from "../../src/studies/baseline/study.js";
import {
  type PlannedCondition,
  type PlannedHook,
  readyCondition,
  type StudyCondition,
  withIdleHooks,
} from "../../src/studies/condition.js";
import { extrasOf } from "../../src/studies/extras.js";
import type { Study } from "../../src/studies/study.js";
import { loadTiny, problems } from "../support/tiny.js";

const [codi, seed] = [await loadTiny(), await loadTiny("seed")];
afterAll(() => {
  codi.dispose();
  seed.dispose();
});

const asked = problems.slice(0, 3);
const questions = asked.map(({ question }) => question);
const expected = asked.map((each) => each.expected);
const SITE = "blocks.8.hook_resid_post";
const double: PlannedHook = { site: SITE, at: "latent.2", name: "scale(2)", apply: (x, { tf }) => tf.mul(x, 2) };
const planned: PlannedCondition[] = [
  { name: "doubled", interventions: [], hooks: [double] },
  { name: "doubled and more", interventions: [`add(nothing):${SITE}@latent.4`], hooks: [double] },
];
const nothing = { shape: [64], data: new Float32Array(64) };
const extras = extrasOf([{ name: "mine", conditions: planned, values: { nothing } } as unknown as Study]);
const hooked = planned.map((each) => readyCondition("mine", each));
const data = [[`scale(2):${SITE}@latent.2`], [`add(nothing):${SITE}@latent.4`, `scale(2):${SITE}@latent.2`]].map(
  (interventions, i) => readyCondition("mine", { name: planned[i]?.name ?? "", interventions }),
);

describe.each([
  ["codi", codi],
  ["seed", seed],
])("under %s", (_, model) => {
  const run = (conditions: readonly (StudyCondition & { readonly isMuted?: true })[], more: object = {}) =>
    runStudyConditions(
      model,
      { questions, conditions },
      { ablateLayer: 8, expected, maxNewTokens: 12, extras, ...more },
    );

  test("callbacks run beside tensors that interventions name, and give what the data gives, bit for bit", async () => {
    const [ours, theirs] = [await run([BASELINE, ...hooked]), await run([BASELINE, ...data])];
    const numbers = (rows: typeof ours): object[][] =>
      rows.map((row) => row.map(({ answer, score }) => ({ tokens: answer.tokens, score })));
    expect(numbers(ours)).toEqual(numbers(theirs));
    expect(ours.some(([clean, doubled]) => doubled?.logProb !== clean?.logProb)).toBe(true);
    expect(ours[0]?.map(({ fired }) => fired.map(({ name, count }) => `${name} ${count}`))).toEqual([
      [],
      [`hook(scale(2)):${SITE}@latent.2 1`],
      [`add(nothing):${SITE}@latent.4 1`, `hook(scale(2)):${SITE}@latent.2 1`],
    ]);
  });

  test("what is muted keeps the batch's shape and changes nothing", async () => {
    const seen: LoopCounts[] = [];
    const onCounts = (counts: LoopCounts): void => void seen.push({ ...counts });
    const [mine = BASELINE] = hooked;
    const other = readyCondition("mine", { name: "other", interventions: [`zero:${SITE}@latent.4`] });
    const acting = await run([BASELINE, mine, other], { onCounts });
    const whole = seen.splice(0).map(({ tokenForwards, mostCells }) => [tokenForwards, mostCells]);
    const results = await run([BASELINE, { ...mine, isMuted: true }, other], { onCounts });
    expect(seen.map(({ tokenForwards, mostCells }) => [tokenForwards, mostCells])).toEqual(whole);
    for (const [clean, muted] of results) {
      expect(muted?.answer.ids).toEqual(clean?.answer.ids);
      expect(muted?.logProb).toBeCloseTo(clean?.logProb ?? Number.NaN, 5);
    }
    // The others are what they were, to the last digit.
    expect(results.map((row) => row[2]?.answer.tokens)).toEqual(acting.map((row) => row[2]?.answer.tokens));
    const tokensOf = (rows: typeof results): unknown[] => rows.map((row) => row[1]?.answer.tokens);
    expect(tokensOf(results)).not.toEqual(tokensOf(acting));
  });
});

test("a plan counts callbacks as it counts the data that acts in their places", () => {
  const layout: Layout = {
    ...{ config: codi.config, rows: 256, batchProblems: 16, numLatents: 6, eotTokens: 1, maxNewTokens: 12 },
    promptOf: (question) => codi.promptIds(question),
    tokensOf: (question) => [...question],
  };
  const costs = (conditions: readonly StudyCondition[]) =>
    partsOf(questions, [BASELINE, ...conditions], { layout }).map((part) => part.costs);
  expect(costs(hooked.slice(0, 1))).toEqual(costs(data.slice(0, 1)));
  expect(costs(hooked.slice(0, 1))).not.toEqual(costs([]));
  expect(
    withIdleHooks(hooked[0] as StudyCondition).hooks?.map(({ site, addresses, id }) => ({ site, addresses, id })),
  ).toEqual([{ site: SITE, addresses: [{ part: "latent", index: 2 }], id: "scale(2)" }]);
});

/** Conditions with another number of latents beside the others: each as PyTorch runs it, and the others as without them. */
// @needs engine, time

import { afterAll, expect, test } from "vitest";
import { numberOrNull } from "../../src/model/latent/run/run-score.js";
import { conditionsOf } from "../../src/studies/index.js";
import { condition, type StudyCondition } from "../../src/studies/study.js";
import { type PlannedResult, resultsAsPlanned } from "../support/job.js";
import { moreLatents } from "../support/more-latents.js";
import { loadTiny } from "../support/tiny.js";

const { max_new_tokens: maxNewTokens, runs } = moreLatents();
const problems = runs
  .filter(({ latents }) => latents === 6)
  .map(({ question, expected }, index) => ({
    index,
    problem: { id: `${index}`, question, expected, difficulty: "1-step" as const },
  }));
const reference = problems.map(({ problem }) => problem.question);
const run = (some: typeof problems, conditions: readonly StudyCondition[]): Promise<PlannedResult[][]> =>
  resultsAsPlanned(model, some, conditions, { maxNewTokens, reference });
const model = await loadTiny();
afterAll(() => model.dispose());

const all = conditionsOf(["budget"], { layer: 8, depth: 16, latents: 6, protocol: "codi" }, { withControls: false });
const own: StudyCondition = {
  ...condition("mine", "latent.6 of 7 zeroed", { interventions: ["zero:latents.hook_input@latent.6"], factors: {} }),
  latents: 7,
};

test("budget's levels beyond the trained number, in the order of the conditions", async () => {
  const conditions = [...all, own];
  const found = await run(problems, conditions);
  const places = conditions.flatMap(({ latents }, place) => (latents === undefined ? [] : [place]));
  expect(places.map((place) => conditions[place]?.latents)).toEqual([7, 8, 7]);
  for (const [i, { problem }] of problems.entries()) {
    for (const place of [0, ...places.slice(0, 2)]) {
      const latents = conditions[place]?.latents ?? 6;
      const wanted = runs.find((run) => run.question === problem.question && run.latents === latents);
      const result = found[i]?.[place]?.result;
      expect([latents, result?.answer.ids]).toEqual([latents, wanted?.answer]);
      expect(
        Math.abs((numberOrNull(result?.score.expectedLogProb) ?? Number.NaN) - (wanted?.log_prob ?? 0)),
      ).toBeLessThan(5e-4);
      expect(result?.layout.parts.latents).toBe(latents);
    }
    // What is read of the baseline is not read of them.
    expect([0, places[0] ?? 0].map((place) => found[i]?.[place]?.result.reading.size)).toEqual([1, 0]);
    expect(found[i]?.at(-1)?.result.fired).toMatchObject([{ address: "latent.6", count: 1 }]);
  }
  const trained = conditions.filter(({ latents }) => latents === undefined);
  const without = await run(problems.slice(0, 2), trained);
  for (const [i, row] of without.entries())
    expect(row.map(({ result }) => result.answer.ids)).toEqual(
      found[i]?.filter((_, place) => !places.includes(place)).map(({ result }) => result.answer.ids),
    );
});

test("a condition with another number of latents can run without the bare one", async () => {
  const [row] = await run(problems.slice(0, 1), [...all.slice(0, 1), own]);
  expect(row?.map(({ result }) => result.layout.parts.latents)).toEqual([6, 7]);
});

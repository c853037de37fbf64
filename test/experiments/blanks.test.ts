/** Blanks that the reference takes out of a question change no prompt, no answer and no verdict under `codi`; `seed` keeps them, as the original study does. */
// @needs engine, time

import { afterAll, expect, test } from "vitest";
import { dataNotices } from "../../src/experiments/plan/data-notices.js";
import { loadProblems } from "../../src/experiments/problems/load.js";
import { CodiModel } from "../../src/index.js";
import { protocolOf } from "../../src/model/latent/protocols/index.js";
import { loadTiny } from "../support/tiny.js";

const FOLDER = "../shared/cases/04-double-spaces";
const model = await loadTiny();
afterAll(() => model.dispose());

const read = (name: string): ReturnType<typeof loadProblems> =>
  loadProblems(`${FOLDER}/${name}.jsonl`, { onBadRow: "fail" });
const single = await read("single");

test.each([
  ["single", 0],
  ["double", 25],
  ["trailing", 25],
] as const)("%s: the same prompts, all 25 right, and %i questions are said to be changed", async (name, changed) => {
  const set = await read(name);
  const questions = set.problems.map(({ question }) => question);
  expect(questions.map((question) => model.promptIds(question))).toEqual(
    single.problems.map(({ question }) => model.promptIds(question)),
  );
  const results = await model.runBatch(questions);
  const right = results.filter(({ answer }, i) =>
    protocolOf("codi").isRight(answer.parsed, set.problems[i]?.expected ?? Number.NaN),
  );
  expect(right).toHaveLength(25);
  const sample = { problems: set.problems, shortfall: [], oneStep: 0 } as never;
  const checkpoint = { tokenizerJson: null };
  const said = dataNotices({ options: { data: name, problems: 25 }, protocol: "codi", set, sample, checkpoint });
  expect(said.filter((each) => each.includes("two blanks as one"))).toEqual(
    changed === 0 ? [] : [expect.stringMatching(new RegExp(`^${changed} of 25 questions are asked`))],
  );
});

test("protocol seed asks them as they are", async () => {
  const seed = await CodiModel.load("weights/tiny-codi", { protocol: "seed" });
  try {
    const { problems } = await read("double");
    expect(seed.promptIds(problems[0]?.question ?? "")).not.toEqual(seed.promptIds(single.problems[0]?.question ?? ""));
  } finally {
    seed.dispose();
  }
});

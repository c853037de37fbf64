/** What a run says of its answer, in one word each: right or wrong, its number, how sure, how likely; the same under text, data and hooks. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { at, type Expected, hook, parseIntervention, type RunResult, tf } from "../../../src/index.js";
import { numberOrNull } from "../../../src/model/latent/run/run-score.js";
import { loadTiny, problems } from "../../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());

const asked = problems.slice(0, 6);
const questions = asked.map(({ question }) => question);
const [question = ""] = questions;
const zero = "zero:blocks.8.hook_resid_post@latent.2";

/** The last number of a text, read without the library. */
const lastNumber = (text: string): number => Number(/-?\d+(?:\.\d+)?(?=\D*$)/.exec(text)?.[0]);

describe("an answer", () => {
  test("has the number of its text as value, and null where there is none", async () => {
    const { answer } = await model.run(question);
    expect(answer.value).toBe(lastNumber(answer.text));
    const short = await model.run(question, { maxNewTokens: 1 });
    expect(short.answer.text).not.toMatch(/\d/);
    expect([short.answer.value, short.answer.margin]).toEqual([null, null]);
  });

  test("has the margin that the logits before its number's first token have", async () => {
    const { answer, captures, layout } = await model.run(question, { capture: ["hook_logits"] });
    const { data, shape } = captures.get("hook_logits");
    const width = shape[2] ?? 0;
    const token = answer.tokens.findIndex(({ text }) => /\d/.test(text));
    const before = token === 0 ? layout.indexOf(at.eot) : layout.indexOf(at.answer(token - 1));
    const [best = 0, second = 0] = [...data.slice(before * width, (before + 1) * width)].sort((a, b) => b - a);
    expect(answer.numberToken).toBe(token);
    expect(answer.margin).toBeCloseTo(best - second, 4);
  });
});

describe("correct", () => {
  test("is whether the answer is the expected one, question by question", async () => {
    // Every other one asks for the next number.
    const expected = asked.map((each, i) => each.expected + (i % 2));
    const results = await model.runBatch(questions, { expected });
    const wanted = results.map(({ answer }, i) => Math.abs(lastNumber(answer.text) - (expected[i] ?? 0)) < 0.01);
    expect(results.map(({ correct }) => correct)).toEqual(wanted);
    expect(new Set(wanted)).toEqual(new Set([true, false]));
  });

  test("is null where nothing was expected, and where the run failed", async () => {
    expect((await model.run(question)).correct).toBeNull();
    const [failed] = await model.runBatch([question], {
      expected: [1],
      interventions: ["scale(5e37):ln_final.hook_normalized@eot"],
    });
    expect(failed?.failure).not.toBeNull();
    expect([failed?.correct, failed?.logProb, failed?.kl]).toEqual([null, null, null]);
  });

  test("stands for letters and truth values too", async () => {
    const results = await model.runBatch([question, question], { expected: ["B", true] });
    expect(results.map(({ correct }) => correct)).toEqual([false, false]);
  });
});

const graded = ({ correct, logProb, kl, score, answer }: RunResult): object => ({
  ...{ correct, logProb, kl, score, ids: answer.ids, value: answer.value, margin: answer.margin },
});

test("a run takes one expected answer by itself or as a list of one, under text, data, hooks and a condition alike", async () => {
  const expected = asked[0]?.expected ?? 0;
  const make = () => hook("blocks.8.hook_resid_post", at.latent(2), (x) => tf.zerosLike(x));
  const text = await model.run(question, { expected, interventions: [zero] });
  const data = await model.run(question, { expected: [expected], interventions: [parseIntervention(zero)] });
  const hooked = await model.run(question, { expected, hooks: [make()] });
  const [[condition] = []] = await model.runConditions(
    [question],
    [{ name: "zero", interventions: [], hooks: [make()] }],
    { expected: [expected] },
  );
  expect(text.logProb).toBe(numberOrNull(text.score.expectedLogProb));
  expect(text.kl).toBe(numberOrNull(text.score.klAtNumber));
  expect(text.kl).toBeGreaterThan(0);
  for (const other of [data, hooked, condition]) expect(other && graded(other)).toEqual(graded(text));
});

test.each<[string, unknown, RegExp]>([
  ["a number as text", ["18"], /expected\[0\] is "18", wanted a finite number, a letter from A to E, or true or false/],
  ["no finite number", [Number.NaN], /expected\[0\] is NaN/],
  ["nothing", [undefined], /expected\[0\] is undefined/],
  ["a list that is none", 18, /expected is 18, wanted a list of 1/],
])("%s is refused in one sentence", async (_, expected, message) => {
  await expect(model.runBatch([question], { expected: expected as Expected[] })).rejects.toThrow(message);
});

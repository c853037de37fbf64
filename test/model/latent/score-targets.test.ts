/** What is teacher-forced: the baseline's own text where it has a number and is written as the tokenizer writes it. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { CodiModel } from "../../../src/index.js";
import { protocolOf } from "../../../src/model/latent/protocols/index.js";
import { scoreTargets } from "../../../src/model/latent/run/score-target.js";

const model = await CodiModel.load("weights/tiny-codi");
afterAll(() => model.dispose());

function idsFor(cleanIds: readonly number[], expected: number): readonly number[] | undefined {
  const { tokenizer } = model;
  const targetOf = scoreTargets(tokenizer, protocolOf(model.protocol), {
    questions: ["?"],
    conditions: [{ name: "baseline", interventions: [] }],
    options: { expected: [expected] },
    numbers: [0],
    clean: null,
  });
  return targetOf?.(0, cleanIds)?.ids;
}

test.each([
  ["the baseline's text up to its number", "So it is 17 pens", "So it is 42"],
  ["CODI's text where it has none", "None at all", "The answer is: 42"],
])("%s", (_, baseline, forced) => {
  expect(idsFor(model.tokenizer.encode(baseline), 42)).toEqual(model.tokenizer.encode(forced));
});

test("CODI's text where the baseline's tokens are none that a tokenizer writes", () => {
  const { tokenizer } = model;
  // Halves of a character, each decoded as a replacement character of three bytes.
  const [half = -1] = tokenizer.encode("é");
  const cleanIds = [half, half, half, ...tokenizer.encode("5")];
  expect(tokenizer.encode(tokenizer.decode(cleanIds, { skipSpecial: true })).length).toBeGreaterThan(cleanIds.length);
  expect(idsFor(cleanIds, 42)).toEqual(tokenizer.encode("The answer is: 42"));
});

/** A question is never its own donor, and a shuffle is never the identity; with nothing to draw on the error names that. */
// @needs engine

import { afterAll, describe, expect, test, vi } from "vitest";
import { CodiModel, parseIntervention } from "../../../src/index.js";
import { Transformer } from "../../../src/model/decoder/transformer.js";
import { checkDonors, otherQuestions, shuffledOrder } from "../../../src/model/latent/donors.js";
import { modelFolder } from "../../support/parity.js";

const QUESTION = "Tom has 3 pens and buys 4 more. How many?";
const OTHER = "Ann has 2 cups. How many?";
const loaded = CodiModel.load(modelFolder("single-kv-lora"));
afterAll(async () => (await loaded).dispose());

const letters = (question: string): number[] => [...question.trim()].map((letter) => letter.charCodeAt(0));

describe("who can be drawn on", () => {
  test("a question that stands among the references, also twice, is left out, and so is one of the same prompt", () => {
    const reference = [QUESTION, OTHER, ` ${QUESTION}`, OTHER, QUESTION];
    expect(otherQuestions(QUESTION, reference, letters)).toEqual([1, 3]);
    expect(otherQuestions(OTHER, reference, letters)).toEqual([0, 2, 4]);
    expect(otherQuestions("Hi.", reference, letters)).toEqual([0, 1, 2, 3, 4]);
  });

  test("without another question the error names the question and the cause; shuffle needs none", () => {
    const check = (text: string, reference: string[]) => () =>
      checkDonors([parseIntervention(text)], { questions: [OTHER, QUESTION], reference }, letters);
    expect(check("mean:blocks.1.hook_resid_post@bot", [QUESTION])).toThrow(
      `mean:blocks.1.hook_resid_post@bot draws on other questions, and "${QUESTION}" has none: the 1 reference question is that question itself`,
    );
    expect(check("resample:blocks.1.hook_resid_post@bot", [])).toThrow(/has none: no reference question was given/);
    expect(check("shuffle:blocks.1.hook_resid_post@latent", [])).not.toThrow();
    expect(check("mean:blocks.1.hook_resid_post@bot", [QUESTION, OTHER])).not.toThrow();
  });

  test("that is said before any forward", async () => {
    const model = await loaded;
    const forward = vi.spyOn(Transformer.prototype, "forward");
    const options = { interventions: ["mean:blocks.1.hook_resid_post@latent.2"], reference: [QUESTION, QUESTION] };
    await expect(model.run(QUESTION, options)).rejects.toThrow(/the 2 reference questions are that question itself/);
    expect(forward).toHaveBeenCalledTimes(0);
    forward.mockRestore();
  });
});

describe("shuffled orders", () => {
  test("are never the identity, and every other order comes", () => {
    const seen = new Set(Array.from({ length: 400 }, (_, i) => shuffledOrder(`question ${i}`, 7, 3).join("")));
    // All 3! orders but 012.
    expect([...seen].sort()).toEqual(["021", "102", "120", "201", "210"]);
  });

  test("of two positions are the swap", () => {
    for (let seed = 0; seed < 50; seed++) expect(shuffledOrder(QUESTION, seed, 2)).toEqual([1, 0]);
  });
});

test("a run says what it drew on", async () => {
  const model = await loaded;
  const site = "blocks.1.hook_resid_post";
  const interventions = [`mean:${site}@latent.1`, `resample:${site}@latent.2`, `shuffle:${site}@latent.3,latent.4`];
  const reference = [QUESTION, OTHER, "Tom buys 14 pens, then 9. How many now?"];
  const { drawn } = await model.run(QUESTION, { interventions, reference, maxNewTokens: 1, seed: 3 });
  expect(drawn).toEqual([
    { intervention: interventions[0], donors: [1, 2] },
    { intervention: interventions[1], donors: [expect.any(Number)] },
    { intervention: interventions[2], order: ["latent.4", "latent.3"] },
  ]);
  expect([1, 2]).toContain(drawn[1]?.donors?.[0]);
  const clean = await model.run(QUESTION, { maxNewTokens: 1 });
  expect(clean.drawn).toEqual([]);
});

/** Another number of latents than the model was trained with, against PyTorch (`make/more_latents.py`). */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { parseIntervention, tf } from "../../../src/index.js";
import { numberOrNull } from "../../../src/model/latent/run/run-score.js";
import { moreLatents, type Run } from "../../support/more-latents.js";
import { loadTiny } from "../../support/tiny.js";

const { max_new_tokens: maxNewTokens, runs } = moreLatents();
const questions = [...new Set(runs.map(({ question }) => question))];
const counts = [...new Set(runs.map(({ latents }) => latents))];
const of = (count: number): Run[] => runs.filter(({ latents }) => latents === count);
const expected = of(6).map((run) => run.expected);
const scoredAfter = of(6).map(({ answer }) => answer);
const model = await loadTiny();
afterAll(() => model.dispose());

test("the fixture tells the counts apart", () => {
  expect(counts).toEqual([0, 1, 6, 7, 8]);
  expect(new Set(of(0).map(({ answer }) => answer.join()))).not.toEqual(new Set(scoredAfter.map((ids) => ids.join())));
  // Far above what float32 rounding moves.
  expect(Math.min(...runs.map((run) => run.smallest_margin))).toBeGreaterThan(0.1);
});

describe.each(counts)("%i latents", (latents) => {
  test("answers and log-probabilities of the expected numbers are PyTorch's", async () => {
    const results = await model.runConditions(questions, [{ name: "bare", interventions: [] }], {
      maxNewTokens,
      latents,
      expected,
      scoredAfter,
    });
    for (const [i, wanted] of of(latents).entries()) {
      const found = results[i]?.[0];
      expect(found?.answer.ids, wanted.question).toEqual(wanted.answer);
      expect(found?.layout.parts.latents).toBe(latents);
      expect(Math.abs((numberOrNull(found?.score.expectedLogProb) ?? Number.NaN) - wanted.log_prob)).toBeLessThan(5e-4);
    }
  });
});

const [question = ""] = questions;

test.each<[number, string, RegExp]>([
  [8, "zero:blocks.3.hook_resid_post@latent.8", /latent\.8" is not in the sequence.*\n?.*latent\.0–7/],
  [5, "zero:blocks.3.hook_resid_post@latent.5", /latent\.5" is not in the sequence.*\n?.*latent\.0–4/],
  [0, "zero:blocks.3.hook_resid_post@latent", /latent" is not in the sequence/],
  [7, "knockout(eot→latent.7):blocks.*.attn.hook_pattern@eot", /latent\.7/],
])("with %i latents %s is refused", async (latents, text, message) => {
  const said = await model.run(question, { latents, interventions: [text] }).then(
    () => "nothing",
    (error: { message: string; hint?: string }) => `${error.message}\n${error.hint}`,
  );
  expect(said).toMatch(message);
});

test.each([-1, 1.5, Number.NaN, 1e9])("latents: %d is refused", async (latents) => {
  await expect(model.run(question, { latents })).rejects.toThrow(/latents is .*, wanted a whole number from 0/);
});

test("interventions act on a latent that the model was not trained for, and the readings have its length", async () => {
  const site = "latents.hook_input";
  const before = tf.memory().numTensors;
  const [[bare, cut, zeroed] = []] = await model.runConditions(
    [question],
    [
      { name: "bare", interventions: [] },
      { name: "unread", interventions: [parseIntervention("knockout(eot→latent.7):blocks.*.attn.hook_pattern@eot")] },
      { name: "zeroed", interventions: [parseIntervention(`zero:${site}@latent.7`)] },
    ],
    {
      latents: 8,
      capture: [site],
      attentionLayers: [3],
      readingLayers: [3],
      flowLayers: [3],
      components: true,
      lens: true,
    },
  );
  expect(tf.memory().numTensors).toBe(before);
  const width = model.config.dModel;
  expect(bare?.captures.get(site).shape).toEqual([1, 8, width]);
  expect(bare?.lens.length).toBe(9);
  expect(bare?.attention.get(3)?.get("eot")?.length).toBe(8 * model.config.heads);
  expect(bare?.reading.get(3)?.readers).toEqual(["bot", ...Array.from({ length: 8 }, (_, k) => `latent.${k}`), "eot"]);
  const last = zeroed?.captures.get(site).data.subarray(7 * width);
  expect(last?.every((value) => value === 0)).toBe(true);
  const read = cut?.attention.get(3)?.get("eot") ?? new Float32Array();
  for (const [i, value] of read.entries()) if (i % 8 === 7) expect(value).toBe(0);
  // A run with fewer is the same run so far.
  const [plain] = await model.runBatch([question], { capture: [site] });
  expect(plain?.captures.get(site).data).toEqual(bare?.captures.get(site).data.subarray(0, 6 * width));
});

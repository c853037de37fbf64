/** A run, a sweep and an experiment have one rule for how long a question may be. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { questionLengthCheck } from "../../src/experiments/plan/question-length.js";
import { CodiModel } from "../../src/index.js";
import { openCheckpointFolder } from "../../src/model/checkpoint/open-folder.js";
import { modelFolder } from "../support/parity.js";

const QUESTION = "Tom has 3 pens. He buys 4. How many?";
const places = { base: modelFolder("gpt2-base") };
const opened = await openCheckpointFolder(modelFolder("gpt2-coconut"), { ...places, onNotice: () => undefined });
await opened.close();
const model = await CodiModel.load(modelFolder("gpt2-coconut"), { ...places, onNotice: () => undefined });
afterAll(() => model.dispose());

// Prompt, latents, the end token, and all new tokens but the last, which is not fed.
const most = model.config.maxPositions - model.promptIds(QUESTION).length - model.codi.numLatents - 1 + 1;

describe("with learned positions", () => {
  test("the most new tokens that just fit are taken by all three", async () => {
    expect(questionLengthCheck(opened, most)(QUESTION)).toBeNull();
    expect((await model.run(QUESTION, { maxNewTokens: most })).failure).toBeNull();
    const swept = await model.sweep([{ question: QUESTION, expected: 7 }], {
      over: { latent: [0] },
      do: ({ latent }) => `zero:latents.hook_input@latent.${latent}`,
      measure: ["answer"],
      maxNewTokens: most,
    });
    expect(swept.rows()).toHaveLength(1);
  });

  test("one more is refused by all three, before a forward", async () => {
    const tokens = model.promptIds(QUESTION).length;
    expect(questionLengthCheck(opened, most + 1)(QUESTION)).toBe(
      `the question has ${tokens} tokens, the model has room for ${tokens - 1} beside 6 latents and ${most + 1} new tokens`,
    );
    await expect(model.run(QUESTION, { maxNewTokens: most + 1 })).rejects.toThrow(/could need 65 positions/);
    const swept = model.sweep([{ question: QUESTION, expected: 7 }], {
      over: { latent: [0] },
      do: ({ latent }) => `zero:latents.hook_input@latent.${latent}`,
      measure: ["answer"],
      maxNewTokens: most + 1,
    });
    await expect(swept).rejects.toThrow(/Problem "1" has \d+ tokens, the model has room for \d+/);
  });
});

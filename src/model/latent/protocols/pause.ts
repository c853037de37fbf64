/** Protocol `pause`: Coconut with one learned vector in place of every thought, the control for what the thoughts hold. */

import { COCONUT } from "./coconut.js";
import { LOOPS } from "./loop.js";
import type { Protocol } from "./protocol.js";

/** The control's inference: every latent gets the same vector, so that later latents' inputs know nothing of earlier ones. */
export const PAUSE: Protocol = {
  ...COCONUT,
  ...LOOPS.pause,
  name: "pause",
  maxNewTokens: 128,
  note: "each latent's input is the same learned vector: what is done to one changes no later latent's input, and passes on by attention alone",
  methods: {
    ...COCONUT.methods,
    model: (latents) =>
      `is a control without continuous thoughts: ${latents} positions (latents) have one learned vector as their input, as pause tokens have [@goyal2024], in place of the thoughts of Coconut [@hao2024]`,
    lineage:
      "Controls have one learned vector in place of every thought of Coconut [@hao2024], as pause tokens are [@goyal2024].",
    later: "the later latents were run on, with their inputs as they always are",
    inference:
      "Inference followed the pause control of Coconut: the question, a newline and the start token (BOT) are read, one learned vector is the input of every latent, whatever came before, and the answer is decoded greedily after the end token (EOT).",
  },
};

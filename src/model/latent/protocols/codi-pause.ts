/** Protocol `codi-pause`: CODI's texts and tokens with one learned vector in place of every thought, the matched control of a CODI. */

import { CODI } from "./codi.js";
import { LOOPS } from "./loop.js";
import { PAUSE } from "./pause.js";
import type { Protocol } from "./protocol.js";

/** Questions and answers as under `codi`, so that nothing but the recurrence is missing; latents as under `pause`. */
export const CODI_PAUSE: Protocol = {
  ...CODI,
  ...LOOPS["codi-pause"],
  name: "codi-pause",
  note: PAUSE.note,
  methods: {
    ...CODI.methods,
    model: (latents) =>
      `is a control without continuous thoughts: ${latents} positions (latents) have one learned vector as their input, as pause tokens have [@goyal2024], in place of the thoughts of CODI [@shen2025]`,
    lineage:
      "Controls have one learned vector in place of every thought of CODI [@shen2025], as pause tokens are [@goyal2024].",
    later: PAUSE.methods.later,
    inference:
      "Inference followed the reference protocol but for its latents: the question and BOT are read, one learned vector is the input of every latent, whatever came before, and the answer is decoded greedily after EOT.",
  },
};

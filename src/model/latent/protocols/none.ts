/** Protocol `none`: the language model without latents, for checkpoints that were trained to write their steps. */

import { COCONUT } from "./coconut.js";
import { LOOPS } from "./loop.js";
import type { Protocol } from "./protocol.js";

/** The question and a newline, then the answer; nothing is put between. */
export const NONE: Protocol = {
  ...COCONUT,
  ...LOOPS.none,
  name: "none",
  maxNewTokens: 128,
  hasBot: false,
  promptEnd: () => [],
  // The prompt's last token stands in EOT's place.
  eot: () => [],
  studies: { recomputesLatents: true, hasAll: false, readsFlow: false, sharesBatches: true },
  note: "there are no latents, so that only the baseline is run",
  methods: {
    ...COCONUT.methods,
    lineage: "Some models are run without continuous thoughts.",
    model: () => "was run without continuous thoughts (latents)",
    inference:
      "The model was run without latents: the question and a newline are read, and the text after them is decoded greedily, written steps and all.",
  },
};

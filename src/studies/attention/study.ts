/** Who attends to the latents, and does it predict importance? Read from the runs of the token ablation: no condition of its own. */

import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Study } from "../study.js";
import { rolloutOf } from "./read.js";
import { story } from "./story.js";

/** The study; its numbers come from the records of baseline and `token-ablation`. */
export const attention: Study = {
  ...story,
  conditions: [],
  // The slice that the original study reads is another one.
  reads: ({ layers, protocol }) => (protocolOf(protocol).studies.readsFlow ? { baseline: { flowLayers: layers } } : {}),
  read: async ({ runs }) => runs.map(({ result }) => ({ fields: rolloutOf(result) })),
};

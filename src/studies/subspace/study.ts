/** Which directions carry the value? The component of another run's latents is written into a run's own, in directions that were trained for it on other problems. */

import { pairDrafts } from "../patching/pairs.js";
import { patchedMaps } from "../patching/read.js";
import type { Study } from "../study.js";
import { makeSubspaces, SUBSPACE_PARTS } from "./after-run.js";
import { SUBSPACE_FILE } from "./file.js";
import { story } from "./story.js";
import { subspaceWork } from "./work.js";

/** The study. Its records hold each pair, and the exchange of whole states block by block; the directions are trained once all pairs are there. */
export const subspace: Study = {
  ...story,
  conditions: [
    {
      name: "subspace: whole states at BOT and all latents of the question's run from its counterpart",
      // Stands for the map in plans, which has a cell for some blocks.
      interventions: ["patch(counterfactual):blocks.0.hook_resid_post@bot,latent"],
      factors: { exchange: "whole state" },
      patch: { base: "clean", site: "resid", control: null, at: "latents" },
    },
  ],
  draft: pairDrafts,
  compute: (context) => patchedMaps(story.name, context),
  afterRun: { file: SUBSPACE_FILE, make: makeSubspaces, inParts: SUBSPACE_PARTS, work: subspaceWork },
};

/** Where is the value carried? What the model computes on a question with one number changed is written into its run, site by site, and the other way round. */

import type { PlannedCondition, Study } from "../study.js";
import { cellsOf, PATCH_MAPS, type PatchMap } from "./grid.js";
import { pairDrafts } from "./pairs.js";
import { patchedMaps } from "./read.js";
import { story } from "./story.js";

/** The study. Factors: `direction`, `site`, `at` (heads), `control`. Each record holds a whole map of site against position. */
export const patching: Study = {
  ...story,
  conditions: ({ latents, depth }): PlannedCondition[] =>
    PATCH_MAPS.map((patch) => ({
      name: nameOf(patch),
      // Stands for the map in plans; the cells depend on the pair.
      interventions: cellsOf(
        { ...patch, site: "resid", control: "unrelated" },
        { depth, heads: 1, latents, changed: [1], lastQuestion: 1, before: null },
        patch.control ?? "counterfactual",
      )
        .slice(-1)
        .flatMap(({ condition }) => condition.interventions),
      factors: {
        direction: patch.base === "clean" ? "noising" : "denoising",
        site: patch.site,
        ...(patch.at === null ? {} : { at: patch.at }),
        ...(patch.control === null ? {} : { control: patch.control }),
      },
      patch,
    })),
  draft: pairDrafts,
  compute: (context) => patchedMaps(story.name, context),
};

function nameOf({ base, site, control, at }: PatchMap): string {
  const into = base === "clean" ? "the question's run" : "the counterfactual's run";
  const what = { resid: "residual stream", attn: "attention", mlp: "MLP", head: "heads", all: "every site" }[site];
  const from = { unrelated: "an unrelated problem", identity: "itself", none: "its counterpart" }[control ?? "none"];
  return `patching: ${what}${at === null ? "" : ` at ${at === "latents" ? "BOT and the latents" : "the answer"}`} of ${into} from ${from}`;
}

/** Which activation would matter, for one backward pass? On pairs of questions with one number changed, each cell's effect is predicted from gradients; of some pairs the cells are patched too. */

import type { PatchMap } from "../patching/grid.js";
import { cellsOf } from "../patching/grid.js";
import { pairDrafts } from "../patching/pairs.js";
import type { PlannedCondition, Study } from "../study.js";
import { attributedMaps } from "./read.js";
import { story } from "./story.js";

/** Problems whose cells are patched as well. A pair's patches take five times as long as its predictions, and what is asked of them is only how well the two agree. */
export const PATCHED_PROBLEMS = 20;

/** Sites whose cells are predicted. */
const SITES = ["resid", "attn", "mlp", "head"] as const;
/** How a cell's effect is known. */
const WAYS = ["gradient", "integrated", "patched"] as const;

/** The study. Factors: `by` (`gradient`, `integrated`, `patched`) and `site`. Each record holds a whole map of position against block. */
export const attribution: Study = {
  ...story,
  conditions: ({ latents, depth }): PlannedCondition[] =>
    WAYS.flatMap((by) =>
      SITES.map((site) => {
        const how = by === "patched" ? { problems: PATCHED_PROBLEMS } : { by };
        const patch: PatchMap = { base: "clean", site, control: null, at: "each", ...how };
        return {
          name: `attribution: ${NAMES[site]}, ${SAID[by]}`,
          // Stands for the map in plans; the cells depend on the pair.
          interventions: cellsOf(
            { ...patch, site: "resid" },
            { depth, heads: 1, latents, changed: [1], lastQuestion: 1, before: null },
            "counterfactual",
          )
            .slice(-1)
            .flatMap(({ condition }) => condition.interventions),
          factors: { by, site },
          patch,
        };
      }),
    ),
  draft: pairDrafts,
  compute: attributedMaps,
};

const NAMES = { resid: "residual stream", attn: "attention", mlp: "MLP", head: "heads" } as const;
const SAID = { gradient: "by one gradient", integrated: "by integrated gradients", patched: "patched" } as const;

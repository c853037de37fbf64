/** Which component wrote to which? On pairs of a question and the same with one number changed, every edge between components is scored, and circuits of the strongest are run. */

import type { PatchMap } from "../patching/grid.js";
import { cellsOf } from "../patching/grid.js";
import { pairDrafts } from "../patching/pairs.js";
import type { PlannedCondition, Study } from "../study.js";
import { CIRCUIT_RUNS } from "./measure.js";
import { scoredEdges } from "./read.js";
import { story } from "./story.js";

/** Problems whose edges are scored. */
export const SCORED_PROBLEMS = 30;
/** Problems of which circuits are run: with ten random sets of each size a pair, a hundred in all. */
export const CIRCUIT_PROBLEMS = 10;

const EVERY = { base: "clean", site: "all", control: null, at: "each" } as const;
const PARTS: readonly (readonly [what: string, patch: PatchMap])[] = [
  ["scores", { ...EVERY, by: "integrated", problems: SCORED_PROBLEMS }],
  ["circuits", { ...EVERY, problems: CIRCUIT_PROBLEMS, runs: CIRCUIT_RUNS }],
];

/** The study. Factor: `what` (`scores`, `circuits`). */
export const edges: Study = {
  ...story,
  conditions: ({ latents, depth }): PlannedCondition[] =>
    PARTS.map(([what, patch]) => ({
      name: `${story.name}: ${what}`,
      // Stands for all of it in plans; what is run depends on the pair.
      interventions: cellsOf(
        { ...patch, site: "resid" },
        { depth, heads: 1, latents, changed: [1], lastQuestion: 1, before: null },
        "counterfactual",
      )
        .slice(-1)
        .flatMap(({ condition }) => condition.interventions),
      factors: { what },
      patch,
    })),
  draft: pairDrafts,
  compute: scoredEdges,
};

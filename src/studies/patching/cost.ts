/** What the maps of patches cost, for a plan that knows no pair yet. */

import { range } from "../../base/range.js";
import type { DecoderConfig } from "../../model/decoder/config.js";
import { parseIntervention } from "../../model/hooks/interventions.js";
import type { CodiConfig } from "../../model/latent/config.js";
import type { Condition } from "../../model/latent/run-types.js";
import type { StudyCondition } from "../study.js";
import { WITH_GRADIENT } from "../work.js";
import { cellsOf, type PatchMap } from "./grid.js";

/** Steps of integrated gradients, on the way from the source's input to the base's. */
export const INTEGRATED_STEPS = 8;

/** The conditions, each map replaced by its cells on a typical pair. Both runs of a pair are as long, so their rows are counted as one's. */
export function plannedCells(
  conditions: readonly StudyCondition[],
  { layers, heads }: Pick<DecoderConfig, "layers" | "heads">,
  { numLatents }: Pick<CodiConfig, "numLatents">,
): Condition[] {
  const shape = { depth: layers, heads, latents: numLatents, changed: [1], lastQuestion: 2, before: 0 };
  const cellsFor = (patch: PatchMap): Condition[] =>
    cellsOf(patch, shape, `${patch.base}-${patch.control ?? "other"}`).map(({ condition: cell }) => cell);
  const predicted = conditions.flatMap(({ patch }) => patch?.by ?? []);
  // One pass serves the maps of all sites; the last step of the way is the base run itself. The source's run comes once beside them.
  const steps = predicted.length === 0 ? 0 : predicted.includes("integrated") ? INTEGRATED_STEPS : 1;
  const beside = conditions.some(({ patch }) => patch?.isPredicted === true) ? WITH_GRADIENT : 0;
  return [
    ...conditions.flatMap((condition): Condition[] => {
      const { patch } = condition;
      if (patch === undefined) return [condition];
      return patch.by === undefined && patch.runs === undefined ? cellsFor(patch) : [];
    }),
    ...passes((steps === 0 ? 0 : 1 + WITH_GRADIENT * steps) + beside + ownRuns(conditions)),
  ];
}

/** What a run takes that carries beside the stream what every component wrote. */
const OWN_RUN = 2;

/** Runs that studies make of a pair themselves, which they choose by integrated gradients. */
function ownRuns(conditions: readonly StudyCondition[]): number {
  const runs = conditions.flatMap(({ patch }) => patch?.runs ?? []);
  return runs.reduce((sum, count) => sum + OWN_RUN * count + 1 + WITH_GRADIENT * INTEGRATED_STEPS, 0);
}

/** So many runs that share nothing with others. */
function passes(count: number): Condition[] {
  return range(count).map((i) => ({
    name: `pass ${i}`,
    interventions: [parseIntervention(`scale(${i + 2}):blocks.0.hook_resid_pre@question.0`)],
  }));
}

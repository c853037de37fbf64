/** What the maps of patches cost, for a plan that knows no pair yet. */

import type { DecoderConfig } from "../../model/decoder/config.js";
import type { CodiConfig } from "../../model/latent/config.js";
import type { Condition } from "../../model/latent/run-types.js";
import type { StudyCondition } from "../study.js";
import { cellsOf } from "./grid.js";

/** The conditions, each map replaced by its cells on a typical pair. Both runs of a pair are as long, so their rows are counted as one's. */
export function plannedCells(
  conditions: readonly StudyCondition[],
  { layers, heads }: Pick<DecoderConfig, "layers" | "heads">,
  { numLatents }: Pick<CodiConfig, "numLatents">,
): Condition[] {
  const shape = { depth: layers, heads, latents: numLatents, changed: [1], lastQuestion: 2, before: 0 };
  return conditions.flatMap((condition): Condition[] =>
    condition.patch === undefined
      ? [condition]
      : cellsOf(condition.patch, shape, `${condition.patch.base}-${condition.patch.control ?? "other"}`).map(
          ({ condition: cell }) => cell,
        ),
  );
}

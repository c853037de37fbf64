/** Maps of patches, as numbers cell by cell. */

import type { Reading, Readings } from "../shared/reading.js";
import { fieldOf } from "../shared/rows.js";
import { type Patched, predictedOf } from "./record.js";
import { effectOf } from "./summary.js";

/** Of maps that no run made. */
const MEASURE_BY: Readonly<Record<string, string>> = {
  gradient: "predicted_effect",
  integrated: "integrated_effect",
};

/** Of records of maps. */
export const patchingReadings: Readings = {
  measures: {
    patch_effect:
      "effect of one cell on the logit difference of the two answers: 0 none, 1 all the way to the other run. The layer is the first of the blocks that the target names",
    patch_logit_difference:
      "logit of the question's number less that of the counterfactual's, where the answers part, in the same cell",
    patch_answer: "the number that is answered in the same cell; not where it is none",
    predicted_effect:
      "patch_effect as one gradient at the base run predicts it; no run, of patching beside its patches",
    integrated_effect: "the same as the mean of gradients at inputs on the way to the other run predicts it",
  },
  *of(record) {
    const pair = fieldOf<Patched["pair"]>(record, "pair");
    const map = fieldOf<Patched["map"]>(record, "map") ?? null;
    if (pair?.status !== "kept" || map === null) return;
    const { direction = "noising", by = "patched" } = record.condition.factors ?? {};
    const isNoising = direction === "noising";
    const measure = MEASURE_BY[by] ?? "patch_effect";
    const kept = predictedOf(record);
    const predicted = kept !== undefined && "predicted" in kept ? kept.predicted : null;
    for (const [i, row] of map.rows.entries())
      for (const [j, column] of map.columns.entries()) {
        const difference = map.differences[i]?.[j];
        if (difference === undefined) continue;
        const at = { ...placeOf(row), layer: Number.parseInt(column, 10), target: `blocks ${column}` };
        yield { measure, ...at, value: effectOf(pair, difference, isNoising) };
        const guess = predicted?.[i]?.[j];
        if (guess !== undefined) yield { measure: "predicted_effect", ...at, value: effectOf(pair, guess, isNoising) };
        if (measure !== "patch_effect") continue;
        yield { measure: "patch_logit_difference", ...at, value: difference };
        const answer = map.numbers[i]?.[j] ?? null;
        if (answer !== null) yield { measure: "patch_answer", ...at, value: answer };
      }
  },
};

/** A map's row is a head, a site of the control that patches all positions, or a position. */
function placeOf(row: string): Pick<Reading, "head" | "position" | "component"> {
  const [, head, position] = /^head (\d+)(?: at (.+))?$/.exec(row) ?? [];
  if (head !== undefined) return { head: Number(head), ...(position === undefined ? {} : { position }) };
  return ["resid", "attn", "mlp", "head"].includes(row) ? { component: row } : { position: row };
}

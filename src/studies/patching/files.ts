/** Every cell of every map of the study `patching`, as numbers. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import type { PatchingSummary } from "./summary.js";

const PREDICTED =
  "mean effect as one gradient at the question's run predicts it; empty for maps into the counterfactual's run and for controls";
const NOT_PREDICTED = { kind: "undefined", reason: "not predicted" } as const;

/** A row a map and cell. */
export function patchingFile({ maps }: PatchingSummary): TableFile {
  const hasPredictions = maps.some(({ agreement }) => agreement !== undefined);
  return {
    file: "patching",
    about: "Every cell of every map of patches: a row a cell.",
    columns: [
      text("direction", "noising: the counterfactual's states into the question's run; denoising: the other way"),
      text("site", "resid, attn, mlp, head, or all of them"),
      text("at", "of heads, the positions that are patched together; else empty"),
      text(
        "control",
        "unrelated: states of an unrelated problem; identity: the run's own; empty for the effect itself",
      ),
      text("position_or_head", "which position or head is patched"),
      text("blocks", "the block, or the first and last of neighbouring blocks that are patched at once"),
      integer("n", "pairs of problems"),
      ...interval(
        "effect",
        "mean effect on the logit difference of the two answers: 0 none, 1 all the way to the other run",
      ),
      integer("moved", "pairs whose answer became the other run's number"),
      ...interval("share_moved", "moved / n"),
      ...(hasPredictions ? interval("predicted_effect", PREDICTED) : []),
    ],
    rows: maps.flatMap(({ direction, site, at, control, cells: all }) =>
      all.map(({ row, column, effect, moved, predicted }) => [
        ...[direction, site, at, control, row, column, moved.n],
        ...cells(effect),
        moved.count,
        ...cells(moved.rate),
        ...(hasPredictions ? cells(predicted ?? NOT_PREDICTED) : []),
      ]),
    ),
  };
}

/** The table of the study `attribution`: where predicted and patched effects agree, and where not. */

import { correlationOf, show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import { WAYS } from "./agreement.js";
import { groupName, WAY_NAMES } from "./names.js";
import type { AttributionSummary } from "./summary.js";

/** A row a group of cells and way. */
export function attributionTable({ groups, pairs }: AttributionSummary): TableData {
  return table("Attribution: predicted beside patched effects, by group of cells", {
    header: ["cells sorted by", "cells", "predicted by", "n", "r", "slope", "sign right", "mean error"],
    rows: groups
      .filter(({ agreement }) => agreement.gradient.cells > 0)
      .flatMap((group) =>
        WAYS.map((way) => {
          const { cells, r, slope, signs, error } = group.agreement[way];
          return [
            ...[...groupName(group), WAY_NAMES[way], String(cells)],
            ...[show(correlationOf(r, pairs)), show(slope), show(signs), show(error)],
          ];
        }),
      ),
  });
}

/** Every cell of every map of the study `patching`, as numbers. */

import { cells, interval } from "../../exhibits/csv-cells.js";
import type { CsvFile } from "../../exhibits/exhibit.js";
import type { PatchingSummary } from "./summary.js";

/** A row a map and cell. */
export function patchingCsv({ maps }: PatchingSummary): CsvFile {
  return {
    file: "patching.csv",
    header: [
      ...["direction", "site", "at", "control", "position_or_head", "blocks", "n"],
      ...interval("effect"),
      "moved",
      ...interval("share_moved"),
    ],
    rows: maps.flatMap(({ direction, site, at, control, cells: all }) =>
      all.map(({ row, column, effect, moved }) => [
        ...[direction, site, at, control, row, column, moved.n],
        ...cells(effect),
        moved.count,
        ...cells(moved.rate),
      ]),
    ),
  };
}

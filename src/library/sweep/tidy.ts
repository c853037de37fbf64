/** A sweep as one table: a line for each problem and cell, with baselines and controls. */

import type { Cells } from "../../exhibits/cells.js";
import type { SweepData } from "./data.js";
import { SweepTable } from "./table.js";

/** Columns: `problem`, `condition` (`baseline`, `cell` or the control's name), the axes (empty for baselines), the measures. */
export function tidyTable(data: SweepData): Cells {
  const own = new SweepTable(data, null);
  const header = ["problem", "condition", ...data.axes.map(({ name }) => name), ...data.measures];
  const lines = [
    ...own.baselineRows().map((row) => ({ ...row, condition: "baseline" })),
    ...own.cells.flatMap((cell) => own.rowsOf(cell).map((row) => ({ ...row, condition: "cell" }))),
    ...own.controls.flatMap((name) => {
      const table = own.of(name);
      return table.cells.flatMap((cell) => table.rowsOf(cell).map((row) => ({ ...row, condition: name })));
    }),
  ];
  return {
    header,
    rows: lines.map((line: Readonly<Record<string, string | number | boolean | null>>) =>
      header.map((name) => line[name] ?? null),
    ),
  };
}

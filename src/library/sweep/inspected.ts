/** A sweep on one screen. */

import { counted, show } from "../../exhibits/number-text.js";
import { cellName } from "./axes.js";
import type { SweepTable } from "./table.js";

const MOST_CELLS = 12;

/** What `console.log` prints: axes, problems, and the means of the first cells. */
export function inspected(table: SweepTable): string {
  const { axes, problems, measures, failed, model, name } = table.data;
  const counts = countedMeasures(table);
  const head = [
    `SweepResult ${name} of ${model.name}: ${counted(problems.length, "problem")} × ${counted(table.cells.length, "cell")}`,
    ...(table.control === null ? [] : [`  control: ${table.control}`]),
    ...axes.map((axis) => `  over ${axis.name}: ${listed(axis.values)}`),
    `  measures: ${measures.join(", ")}`,
    ...(table.control === null && table.controls.length > 0 ? [`  controls: ${table.controls.join(", ")}`] : []),
    ...(failed.length === 0 ? [] : [`  ${counted(failed.length, "failed run")}`]),
  ];
  const cells = table.cells.slice(0, MOST_CELLS).map((cell) => {
    const means = counts.map((measure) => {
      const estimate = table.interval(measure, table.cellOf(cell));
      return `${measure} ${show(estimate)}`;
    });
    return `  ${cellName(axes, cell.place) || name}: ${means.join(" · ")}`;
  });
  const more = table.cells.length - cells.length;
  return [...head, ...cells, ...(more > 0 ? [`  … ${counted(more, "more cell")}`] : [])].join("\n");
}

/** Measures that have means: those that gave a number or a truth value. */
export function countedMeasures(table: SweepTable): string[] {
  return table.data.measures.filter((measure) =>
    table.cells.some((cell) =>
      table.values(measure, cell).some((each) => typeof each === "number" || typeof each === "boolean"),
    ),
  );
}

function listed(values: readonly unknown[]): string {
  return values.length <= MOST_CELLS
    ? values.join(", ")
    : `${values.slice(0, 3).join(", ")}, …, ${values.at(-1)} (${values.length})`;
}

/** Every component of every target of the study `residual`, as numbers. */

import { cells, interval } from "../../exhibits/csv-cells.js";
import type { CsvFile } from "../../exhibits/exhibit.js";
import type { ResidualSummary } from "./summary.js";

/** A row a target and component, `all` for their sum. */
export function residualCsv({ targets }: ResidualSummary): CsvFile {
  const rows = targets.flatMap(({ name, problems, components, ...whole }) =>
    [...components, { name: "all", kind: "all", block: null, ...whole }].map((each) => [
      name,
      each.name,
      each.kind,
      each.block,
      problems,
      ...cells(each.own),
      ...cells(each.control),
    ]),
  );
  const header = ["target", "component", "kind", "block", "n", ...interval("contribution"), ...interval("control")];
  return { file: "residual.csv", header, rows };
}

/** The table of a study's conditions, with a CSV file that holds those of all studies. */

import { cells, interval, pValue } from "../../exhibits/csv-cells.js";
import { type CsvFile, type TableExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { show, showP } from "../../exhibits/number-text.js";
import { table, UNTESTED } from "../../exhibits/table.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { StudyCondition } from "../finding.js";

/** A column that only one study has. */
export interface ConditionColumn<Condition> {
  readonly heading: string;
  readonly shown: (condition: Condition) => string;
  /** Begins the names of its columns in CSV files. */
  readonly csv: string;
  readonly value: (condition: Condition) => Estimate | undefined;
}

/** What the table is made of. */
export interface ConditionTableParts<Condition> {
  /** The study's. */
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly columns: readonly ConditionColumn<Condition>[];
}

// Longer tables are folded: the figure says the same.
const SHOWN_ROWS = 12;

/** A row a condition. */
export function conditionTable<Condition extends StudyCondition>(made: ConditionTableParts<Condition>): TableExhibit {
  const { name, conditions, columns } = made;
  const count = conditions.length;
  return tableExhibit({
    key: "",
    table: table(`Conditions of ${name}`, {
      header: [
        "condition",
        "right",
        "broken",
        "change of the share right",
        "p (McNemar, Holm)",
        "change of log-probability, nats",
        "KL at the number, nats",
        ...columns.map(({ heading }) => heading),
      ],
      rows: conditions.map((each) => [
        each.condition,
        `${each.right.count} of ${each.right.n}`,
        `${each.broken.count} of ${each.broken.n}`,
        show(each.riskDifference),
        showTested(each),
        show(each.deltaLogProb),
        show(each.kl),
        ...columns.map(({ shown }) => shown(each)),
      ]),
      keys: conditions.map(({ factors: { latent } }) => (typeof latent === "number" ? { latent } : {})),
    }),
    folded: count > SHOWN_ROWS ? `All ${count} conditions of ${name}` : null,
    shown: "95 % intervals: Newcombe, paired (share right), bootstrap over problems (means).",
    csv: [conditionsCsv(made)],
  });
}

function showTested({ isControl, mcnemarHolm }: StudyCondition): string {
  if (isControl) return UNTESTED.control;
  return mcnemarHolm.kind === "undefined" ? UNTESTED.unchanged : showP(mcnemarHolm);
}

function conditionsCsv<Condition extends StudyCondition>({
  name,
  conditions,
  columns,
}: ConditionTableParts<Condition>): CsvFile {
  const none: Estimate = { kind: "undefined", reason: "not recorded" };
  return {
    file: "studies.csv",
    header: [
      ...["study", "condition", "factors", "n", "right", "n_baseline_right", "broken"],
      ...interval("broken_rate"),
      ...interval("risk_difference"),
      ...["mcnemar_p", "mcnemar_p_holm"],
      ...interval("delta_log_prob"),
      ...interval("kl"),
      ...columns.flatMap(({ csv }) => interval(csv)),
    ],
    rows: conditions.map((each) => [
      name,
      each.condition,
      JSON.stringify(each.factors),
      each.right.n,
      each.right.count,
      each.broken.n,
      each.broken.count,
      ...cells(each.broken.rate),
      ...cells(each.riskDifference),
      pValue(each.mcnemar),
      pValue(each.mcnemarHolm),
      ...cells(each.deltaLogProb),
      ...cells(each.kl),
      ...columns.flatMap(({ value }) => cells(value(each) ?? none)),
    ]),
  };
}

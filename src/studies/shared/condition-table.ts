/** The table of a study's conditions, with a file that holds those of all studies. */

import { integer, interval, pColumn, text } from "../../exhibits/columns.js";
import { cells, pValue } from "../../exhibits/csv-cells.js";
import { type TableExhibit, type TableFile, tableExhibit } from "../../exhibits/exhibit.js";
import { show, showP } from "../../exhibits/number-text.js";
import { table, UNTESTED } from "../../exhibits/table.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { StudyCondition } from "../finding.js";

/** A column that only one study has. */
export interface ConditionColumn<Condition> {
  readonly heading: string;
  readonly shown: (condition: Condition) => string;
  /** Begins the names of its columns in files. */
  readonly column: string;
  /** What they mean, in files. */
  readonly means: string;
  readonly value: (condition: Condition) => Estimate | undefined;
}

/** What the table is made of. */
export interface ConditionTableParts<Condition> {
  /** The study's. */
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly columns: readonly ConditionColumn<Condition>[];
  /** Rows below them: shown only, because their numbers stand in the file once already. */
  readonly beside?: readonly StudyCondition[];
}

// Longer tables are folded: the figure says the same.
const SHOWN_ROWS = 12;

/** A row a condition. */
export function conditionTable<Condition extends StudyCondition>(made: ConditionTableParts<Condition>): TableExhibit {
  const { name, conditions, columns, beside = [] } = made;
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
      rows: [
        ...conditions.map((each) => [...shownOutcomes(each), ...columns.map(({ shown }) => shown(each))]),
        ...beside.map((each) => [...shownOutcomes(each), ...columns.map(() => "–")]),
      ],
      keys: [...conditions, ...beside].map(({ factors: { latent } }) => (typeof latent === "number" ? { latent } : {})),
    }),
    folded: count > SHOWN_ROWS ? `All ${count} conditions of ${name}` : null,
    shown: "95 % intervals: Newcombe, paired (share right), bootstrap over problems (means).",
    files: [conditionsFile(made)],
  });
}

function shownOutcomes(each: StudyCondition): string[] {
  return [
    each.condition,
    `${each.right.count} of ${each.right.n}`,
    `${each.broken.count} of ${each.broken.n}`,
    show(each.riskDifference),
    showTested(each),
    show(each.deltaLogProb),
    show(each.kl),
  ];
}

function showTested({ isControl, mcnemarHolm }: StudyCondition): string {
  if (isControl) return UNTESTED.control;
  return mcnemarHolm.kind === "undefined" ? UNTESTED.unchanged : showP(mcnemarHolm);
}

function conditionsFile<Condition extends StudyCondition>({
  name,
  conditions,
  columns,
}: ConditionTableParts<Condition>): TableFile {
  const none: Estimate = { kind: "undefined", reason: "not recorded" };
  return {
    file: "studies",
    about: "The conditions of all studies of conditions: a row a condition.",
    columns: [
      text("study", "the study's name"),
      text("condition", "the condition's name"),
      text("factors", "what sets the condition apart within its study, as JSON"),
      integer("n", "problems that have the condition"),
      integer("right", "of these, answered right under it"),
      integer("n_baseline_right", "problems with a right baseline"),
      integer("broken", "of these, answered wrong under the condition"),
      ...interval("broken_rate", "broken / n_baseline_right"),
      ...interval("risk_difference", "share right under the condition less share right without, over all problems"),
      pColumn("mcnemar_p", "McNemar's exact test of right answers with and without the condition"),
      pColumn("mcnemar_p_holm", "the same, Holm-adjusted over the study's conditions that could be tested"),
      ...interval("delta_log_prob", "mean change of the expected number's log-probability, nats"),
      ...interval("kl", "mean KL divergence from the baseline where the number is predicted, nats"),
      ...columns.flatMap(({ column, means }) => interval(column, means)),
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

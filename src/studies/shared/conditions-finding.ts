/** What a study of conditions found. Every study without a finding of its own has this one; some studies add to it. */

import type { Exhibit } from "../../exhibits/exhibit.js";
import type { Headline } from "../../exhibits/headline.js";
import type { Finding, FindingInput, FindingMaker, StudyCondition } from "../finding.js";
import { findingData } from "../finding.js";
import { brokenExhibit } from "./condition-figure.js";
import { conditionHeadline } from "./condition-headline.js";
import { sentenceOf, strongestSentence } from "./condition-sentence.js";
import { type ConditionColumn, conditionTable } from "./condition-table.js";
import { conditionsOf } from "./conditions.js";
import { testedSentence } from "./tested.js";
import { unitsOfRows } from "./units.js";

/** In what a study's finding differs from that of any study of conditions. */
export interface ConditionParts<Condition extends StudyCondition> {
  /** What its conditions that are no controls show, in place of the strongest of them. */
  readonly effect?: (conditions: readonly StudyCondition[]) => string;
  /** Follows the sentence on conditions and controls, with a blank before it. */
  readonly addition?: string;
  /** Families of tests beside that of the conditions, in words. */
  readonly otherTests?: readonly string[];
  /** In place of the strongest condition beside its control. */
  readonly headline?: Headline | null;
  /** What each problem adds to the headline's numbers; default to the share that a condition breaks. */
  readonly units?: Finding["units"];
  readonly method?: string;
  /** Fields of `summary.json`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Columns of its table beside those of all studies. */
  readonly columns?: readonly ConditionColumn<Condition>[];
  /** Figures beside the map that its story describes, where it describes one. */
  readonly figures?: readonly Exhibit[];
  readonly tables?: readonly Exhibit[];
}

/** Sums up the rows of any study. */
export const conditionsFinding: FindingMaker = (input) =>
  input.rows.length === 0 ? null : findingOfConditions(input, conditionsOf(input.rows, { seed: input.run.seed }));

/**
 * @param conditions of `conditionsOf`.
 * @example
 * ```ts
 * const row = { study: "mine", factors: {}, baselineCorrect: true, correct: false, deltaLogProb: -2, kl: 0.5 };
 * const rows = ["a", "b", "c"].map((problemId) => ({ ...row, condition: "zeroed", problemId }));
 * const story = { name: "mine", question: "Does latent 0 matter?" };
 * const run = { seed: 1, baseline: { n: 3, correct: 3, rate: wilson(3, 3) } };
 * ```
 */
export function findingOfConditions<Condition extends StudyCondition>(
  input: Pick<FindingInput, "story" | "run"> & Partial<Pick<FindingInput, "rows" | "allLatents">>,
  conditions: readonly Condition[],
  parts: ConditionParts<Condition> = {},
): Finding {
  const { story, run, rows = [], allLatents = [] } = input;
  const { effect = strongestSentence, addition = "", otherTests = [], method = "", columns = [] } = parts;
  const { name, question, figure = null, caveat = null } = story;
  const map = figure === null ? [] : [brokenExhibit(conditions, { question, axes: figure, run })];
  return {
    name,
    question,
    sentence: `${sentenceOf(conditions, { story, effect })}${addition}`,
    headline: parts.headline === undefined ? conditionHeadline(conditions) : parts.headline,
    units: parts.units ?? unitsOfRows(rows, "broken"),
    caveat,
    tested: testedSentence(conditions, otherTests),
    method,
    data: findingData({ conditions, figure, ...parts.data }),
    exhibits: [
      ...map,
      ...(parts.figures ?? []),
      conditionTable({ name, conditions, columns, beside: allLatents }),
      ...(parts.tables ?? []),
    ],
  };
}

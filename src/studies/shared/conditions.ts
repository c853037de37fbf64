/** Rows of one study → what each of its conditions did. */

import { holm } from "../../statistics/holm.js";
import type { StudyCondition } from "../finding.js";
import { conditionOutcomes } from "./condition-outcomes.js";
import { byCondition, type StudyRow } from "./rows.js";

/** How a study's conditions are summed up. */
export interface SumOptions<Row, More> {
  /** Of the means' bootstrap. */
  readonly seed: number;
  /** What the study says of a condition beside what all studies say. */
  readonly more?: (rows: readonly Row[], condition: string) => More;
  /** Whether a factor `control` sets a condition apart from the tested ones; by default it does. */
  readonly hasControls?: boolean;
}

/**
 * @returns the conditions in the order of their first rows, tests adjusted by Holm over those that are no controls.
 * @example
 * ```ts
 * const row = { study: "mine", factors: {}, baselineCorrect: true, correct: false, deltaLogProb: -2, kl: 0.5 };
 * const rows = ["a", "b", "c"].map((problemId) => ({ ...row, condition: "zeroed", problemId }));
 * const [zeroed] = summedConditions(rows, { seed: 1 });
 * zeroed?.broken.count; // → 3
 * ```
 */
export function conditionsOf<Row extends StudyRow, More = object>(
  rows: readonly Row[],
  { seed, more, hasControls = true }: SumOptions<Row, More>,
): (StudyCondition & More)[] {
  const plain = [...byCondition(rows)].map(([condition, mine]) => {
    const { mended: _, oddsRatio: __, cohenH: ___, ...outcomes } = conditionOutcomes(mine, seed);
    const factors = mine[0]?.factors ?? {};
    const isControl = hasControls && factors["control"] !== undefined;
    return { condition, factors, isControl, ...outcomes, ...((more?.(mine, condition) ?? {}) as More) };
  });
  const tested = plain.filter(({ isControl }) => !isControl);
  const adjusted = holm(tested.map(({ mcnemar }) => mcnemar));
  const untested = { kind: "undefined", reason: "a control" } as const;
  return plain.map((each) => ({
    ...each,
    mcnemarHolm: each.isControl ? untested : (adjusted[tested.indexOf(each)] ?? each.mcnemar),
  }));
}

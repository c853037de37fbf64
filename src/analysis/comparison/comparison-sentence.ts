/** A comparison in words. */

import { show, showP } from "../../exhibits/number-text.js";
import type { ComparedCondition, RunComparison } from "./run-comparison.js";

/** @returns the baselines' difference, and how many conditions differ. */
export function comparisonSentence({ first, second, shared, conditions }: Omit<RunComparison, "sentence">): string {
  const baseline = conditions.find(({ condition }) => condition === "baseline");
  const others = conditions.filter(({ condition, role }) => condition !== "baseline" && role !== "control");
  const clear = (pick: (each: ComparedCondition) => ComparedCondition["mcnemar"]): number =>
    others.filter((each) => {
      const p = pick(each);
      return p.kind === "value" && p.p < 0.05;
    }).length;
  const start = baseline === undefined ? "" : `${answersOf(baseline, first, second)} `;
  const further =
    others.length === 0
      ? "No other condition is in both."
      : `Of ${others.length} further conditions ${clear(({ mcnemarHolm }) => mcnemarHolm)} are shown to differ in the share of right answers and ${clear(({ signFlipHolm }) => signFlipHolm)} in the change of log-probability (Holm-adjusted p below 0.05).`;
  return `${start}${further} n = ${shared} problems in both.`;
}

function answersOf(
  { counts, n, difference, mcnemar, logProb, signFlip }: ComparedCondition,
  a: string,
  b: string,
): string {
  const [inFirst, inSecond] = [counts.both + counts.firstOnly, counts.both + counts.secondOnly];
  const changes =
    mcnemar.kind === "undefined"
      ? "each problem alike in both"
      : `${counts.firstOnly} only the first, ${counts.secondOnly} only the second (McNemar's exact p ${said(showP(mcnemar))})`;
  const answers = `Without intervention ${a} answers ${inFirst} and ${b} ${inSecond} of ${n} problems right: difference ${show(difference)}, ${changes}.`;
  if (logProb.kind === "undefined") return answers;
  return `${answers} The expected number's log-probability differs by ${show(logProb)} nats${signFlip.kind === "undefined" ? "" : ` (sign flips, p ${said(showP(signFlip))})`}.`;
}

function said(p: string): string {
  return /^\d/.test(p) ? `= ${p}` : p;
}

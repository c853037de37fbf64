/** Questions with one number changed by a little, as candidates for a problem's counterfactual. Text only: nothing is computed. */

import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import type { StudyProblem } from "../read-context.js";
import { type NumberChange, numbersIn, stepsWith, withNumber } from "../shared/number-changes.js";

const DELTAS = [1, -1, 2, -2, 3, -3] as const;

/** What a candidate has to keep to. */
export interface CandidateRules {
  readonly seed: number;
  /** Largest number of the data file: no number and no step's value goes beyond it, or below 0. */
  readonly largest: number;
  /** Token ids of a question's prompt. */
  readonly promptOf: (question: string) => readonly number[];
  /** At most so many. */
  readonly most: number;
}

/**
 * @returns questions of the same token length in seeded order; where the data file gives a counterfactual, that one alone, whatever its
 *   length.
 */
export function candidatesOf(problem: StudyProblem, rules: CandidateRules): string[] {
  if (problem.counterfactual !== undefined) return [problem.counterfactual];
  const { question } = problem;
  const changes = numbersIn(question).flatMap((number) =>
    DELTAS.map((delta) => ({ ...number, to: number.value + delta })),
  );
  const order = permutation(changes.length, seededRandom(hashText(`${rules.seed}|${question}|counterfactual`)));
  const length = rules.promptOf(question).length;
  const found: string[] = [];
  for (const place of order) {
    if (found.length >= rules.most) break;
    const change = changes[place];
    if (change === undefined || change.to < 2 || change.to > rules.largest) continue;
    if (!staysInRange(problem.equations ?? [], change, rules.largest)) continue;
    const text = withNumber(question, change);
    if (rules.promptOf(text).length === length) found.push(text);
  }
  return found;
}

/**
 * Do the solution's marked steps stay whole numbers from 0 to the largest with the number changed? Steps that are not followed refuse
 * nothing.
 */
function staysInRange(equations: readonly string[], change: NumberChange, largest: number): boolean {
  return stepsWith(equations, change).values.every(
    (value) => Number.isInteger(value) && value >= 0 && value <= largest,
  );
}

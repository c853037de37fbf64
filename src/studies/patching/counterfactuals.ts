/** Questions with one number changed by a little, as candidates for a problem's counterfactual. Text only: nothing is computed. */

import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { stepValue } from "../../model/latent/answer/step-value.js";
import type { StudyProblem } from "../read-context.js";

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
    const text = `${question.slice(0, change.start)}${change.to}${question.slice(change.end)}`;
    if (rules.promptOf(text).length === length) found.push(text);
  }
  return found;
}

interface NumberInText {
  readonly value: number;
  readonly start: number;
  readonly end: number;
  /** How many equal numbers stand before it. */
  readonly nth: number;
}

/** Whole numbers that stand alone: no decimals, thousands, ordinals or per cent. */
function numbersIn(text: string): NumberInText[] {
  const seen = new Map<number, number>();
  return [...text.matchAll(/(?<![\w.,])\d{1,6}(?![\w%]|[.,]\d)/g)].map((match) => {
    const value = Number(match[0]);
    const nth = seen.get(value) ?? 0;
    seen.set(value, nth + 1);
    return { value, start: match.index, end: match.index + match[0].length, nth };
  });
}

/**
 * Do the solution's marked steps stay whole numbers from 0 to the largest with the number changed? Steps that are not plain sums, or
 * whose value is unknown, are not followed, and then nothing is refused.
 */
function staysInRange(
  equations: readonly string[],
  { value, to, nth }: NumberInText & { readonly to: number },
  largest: number,
): boolean {
  const results: { readonly before: number; readonly after: number }[] = [];
  let met = 0;
  for (const equation of equations) {
    const [left = ""] = equation.split("=");
    const before = stepValue(equation.slice(equation.lastIndexOf("=") + 1));
    const parts = left.split(/([-+*/])/).map((part) => part.trim());
    if (parts.length < 3 || before === null || parts.some((part, i) => i % 2 === 0 && !/^\d+$/.test(part))) return true;
    const operands = parts
      .filter((_, i) => i % 2 === 0)
      .map((part) => {
        const number = Number(part);
        const earlier = results.findIndex((result) => result.before === number);
        if (earlier >= 0) return results.splice(earlier, 1)[0]?.after ?? number;
        if (number !== value) return number;
        met += 1;
        return met - 1 === nth ? to : number;
      });
    const after = evaluate(
      operands,
      parts.filter((_, i) => i % 2 === 1),
    );
    if (!Number.isInteger(after) || after < 0 || after > largest) return false;
    results.push({ before, after });
  }
  return true;
}

/** Products before sums. */
function evaluate(operands: readonly number[], operators: readonly string[]): number {
  const terms: number[] = [operands[0] ?? Number.NaN];
  for (const [i, operator] of operators.entries()) {
    const next = operands[i + 1] ?? Number.NaN;
    const last = terms.length - 1;
    if (operator === "*") terms[last] = (terms[last] ?? 0) * next;
    else if (operator === "/") terms[last] = (terms[last] ?? 0) / next;
    else terms.push(operator === "-" ? -next : next);
  }
  return terms.reduce((sum, term) => sum + term, 0);
}

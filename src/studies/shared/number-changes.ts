/** Numbers of a question, and what a solution's marked steps come to where one of them, or one step's value, is another. Text only. */

import { stepValue } from "../../model/latent/answer/step-value.js";
import type { StudyProblem } from "../read-context.js";

/** A whole number that stands alone in a question. */
export interface NumberInText {
  readonly value: number;
  readonly start: number;
  readonly end: number;
  /** How many equal numbers stand before it. */
  readonly nth: number;
}

/** A number of the question with another value. */
export interface NumberChange extends Pick<NumberInText, "value" | "nth"> {
  readonly to: number;
}

/** A step whose value is another than its operands give. */
export interface StepChange {
  /** Place of the step, from 0. */
  readonly step: number;
  readonly by: number;
}

/** Steps as far as they could be followed. */
export interface FollowedSteps {
  readonly values: readonly number[];
  /** Was every step followed? */
  readonly isWhole: boolean;
  /** How many operands are the changed number or one equal to it, and no earlier step's value. */
  readonly equals: number;
}

/** Whole numbers that stand alone: no decimals, thousands, ordinals or per cent. */
export function numbersIn(text: string): NumberInText[] {
  const seen = new Map<number, number>();
  return [...text.matchAll(/(?<![\w.,])\d{1,6}(?![\w%]|[.,]\d)/g)].map((match) => {
    const value = Number(match[0]);
    const nth = seen.get(value) ?? 0;
    seen.set(value, nth + 1);
    return { value, start: match.index, end: match.index + match[0].length, nth };
  });
}

/** The question with one of its numbers written otherwise. */
export function withNumber(
  question: string,
  { start, end, to }: Omit<NumberInText, "value" | "nth"> & { readonly to: number },
): string {
  return `${question.slice(0, start)}${to}${question.slice(end)}`;
}

/** The steps' values under a change; the first that is no plain sum, or whose value is unknown, and those after it are not followed. */
export function stepsWith(equations: readonly string[], change: NumberChange | StepChange): FollowedSteps {
  const results: { readonly before: number; readonly after: number }[] = [];
  const values: number[] = [];
  let equals = 0;
  for (const equation of equations) {
    const [left = ""] = equation.split("=");
    const before = stepValue(equation.slice(equation.lastIndexOf("=") + 1));
    const parts = left.split(/([-+*/])/).map((part) => part.trim());
    if (parts.length < 3 || before === null || parts.some((part, i) => i % 2 === 0 && !/^\d+$/.test(part)))
      return { values, isWhole: false, equals };
    const operands = parts
      .filter((_, i) => i % 2 === 0)
      .map((part) => {
        const number = Number(part);
        const earlier = results.findIndex((result) => result.before === number);
        if (earlier >= 0) return results.splice(earlier, 1)[0]?.after ?? number;
        if ("step" in change || number !== change.value) return number;
        equals += 1;
        return equals - 1 === change.nth ? change.to : number;
      });
    const given = evaluate(
      operands,
      parts.filter((_, i) => i % 2 === 1),
    );
    const after = "step" in change && change.step === values.length ? given + change.by : given;
    results.push({ before, after });
    values.push(after);
  }
  return { values, isWhole: true, equals };
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

/** Largest number among the data's answers and steps. */
export function largestNumber(problems: readonly StudyProblem[]): number {
  return problems.reduce(
    (most, { steps = [], expected }) =>
      Math.max(most, typeof expected === "number" ? expected : 1, ...steps.filter((step) => step !== null)),
    1,
  );
}

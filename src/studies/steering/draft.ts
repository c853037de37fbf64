/** What a problem is steered by, as text: which step, by how much, and questions of other problems that have the step's value and the changed one. */

import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { PlanFacts, StudyProblem } from "../read-context.js";
import { largestNumber, numbersIn, stepsWith, withNumber } from "../shared/number-changes.js";

/** By how much a step's value is moved. */
export const SHIFTS = [1, -1, 2, -2, 3, -3] as const;
/** Pairs of questions that a direction is the mean difference of, and how few are enough. */
export const PAIRS = { most: 8, fewest: 4 } as const;
// A number that is changed by more makes a question of another kind.
const MOST_CHANGE = 12;
// Of a large data file so many problems of each half are looked at: each is changed in every way there is.
const MOST_TEMPLATES = 200;

/** A problem that is steered. */
export interface Steered {
  readonly kind: "steered";
  /** Place of the step, from 0. */
  readonly step: number;
  readonly value: number;
  /** What the direction says: the step's value moves by it. */
  readonly by: number;
  /** The answer, and what it becomes when the later steps go on from the moved value. */
  readonly answer: number;
  readonly predicted: number;
  /** Questions of other problems, in pairs: the step's value there is the problem's, and the moved one. */
  readonly pairs: readonly { readonly from: string; readonly to: string }[];
}

/** A problem that is not. */
export interface Left {
  readonly kind: "left";
  readonly reason: string;
}

/** What is drafted for one problem. */
export type SteeringDraft = Steered | Left;

/** One way to change a number of a question. */
interface Way {
  /** Which number, from 0, and how far it moves. */
  readonly number: number;
  readonly change: number;
  readonly question: string;
}

/** A problem as one to make questions of: step → value → ways to give it that value. */
interface Template {
  readonly question: string;
  readonly ways: readonly ReadonlyMap<number, readonly Way[]>[];
}

/**
 * Problems are split in two halves. What a problem is steered by comes from the other half, so neither it nor any problem whose answer
 * is looked at beside it has a part in its direction.
 *
 * @param pool every problem of the data file. @returns what makes one problem's draft.
 */
export function steeringDrafts(
  pool: readonly StudyProblem[],
  { seed }: PlanFacts,
): (problem: StudyProblem) => SteeringDraft {
  const largest = largestNumber(pool);
  const distinct = new Map(pool.map((problem) => [problem.question, problem]));
  const questions = [...distinct.keys()];
  const order = permutation(questions.length, seededRandom(hashText(`${seed}|steering halves`)));
  const places = new Map(order.map((question, place) => [questions[question] ?? "", place]));
  const made = new Map<number, readonly Template[]>();
  const templatesOf = (half: number): readonly Template[] => {
    const known =
      made.get(half) ??
      order
        .filter((_, place) => place % 2 === half)
        .flatMap((place) => distinct.get(questions[place] ?? "") ?? [])
        .slice(0, MOST_TEMPLATES)
        .map((problem) => templateOf(problem, largest));
    made.set(half, known);
    return known;
  };
  return (problem) => {
    const other = 1 - ((places.get(problem.question) ?? 0) % 2);
    return draftOf(problem, { seed, largest, templates: templatesOf(other) });
  };
}

interface DraftRules {
  readonly seed: number;
  readonly largest: number;
  readonly templates: readonly Template[];
}

function draftOf(problem: StudyProblem, { seed, largest, templates }: DraftRules): SteeringDraft {
  const { equations = [], question } = problem;
  const { values, isWhole } = stepsWith(equations, { step: -1, by: 0 });
  const answer = values.at(-1);
  if (!isWhole || answer === undefined || answer !== problem.expected)
    return { kind: "left", reason: "the solution marks no steps that can be followed to the answer" };
  const random = seededRandom(hashText(`${seed}|${question}|steering`));
  const choices = permutation(values.length, random).flatMap((step) =>
    permutation(SHIFTS.length, random).map((place) => ({ step, by: SHIFTS[place] ?? 1 })),
  );
  let isMoved = false;
  for (const { step, by } of choices) {
    const moved: readonly number[] = stepsWith(equations, { step, by }).values;
    const predicted: number = moved.at(-1) ?? answer;
    if (predicted === answer || !moved.every((value) => isAllowed(value, largest))) continue;
    isMoved = true;
    const value = values[step] ?? 0;
    const pairs = pairsFrom(templates, { question, step, value, by, seed });
    if (pairs.length >= PAIRS.fewest) return { kind: "steered", step, value, by, answer, predicted, pairs };
  }
  return {
    kind: "left",
    reason: isMoved
      ? `fewer than ${PAIRS.fewest} problems of the other half can have the step's value and the moved one`
      : "no step's value can be moved so that the answer moves and stays a whole number in range",
  };
}

function isAllowed(value: number, largest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= largest;
}

/** At most one pair a problem: those whose numbers are changed least first, equals in seeded order. */
function pairsFrom(
  templates: readonly Template[],
  {
    question,
    step,
    value,
    by,
    seed,
  }: {
    readonly question: string;
    readonly step: number;
    readonly value: number;
    readonly by: number;
    readonly seed: number;
  },
): Steered["pairs"] {
  const order = permutation(templates.length, seededRandom(hashText(`${seed}|${question}|steering pairs`)));
  const found = order.flatMap((place) => {
    const template = templates[place];
    const best = template === undefined ? null : leastChange(template, { step, value, by });
    return best === null || best.from === question || best.to === question ? [] : [best];
  });
  return found
    .sort((a, b) => a.change - b.change)
    .slice(0, PAIRS.most)
    .map(({ from, to }) => ({ from, to }));
}

/** Two ways to write one number of the question, so that the step has the value and the moved one. */
function leastChange(
  { ways }: Template,
  { step, value, by }: Pick<Steered, "step" | "value" | "by">,
): { readonly from: string; readonly to: string; readonly change: number } | null {
  const [own = [], moved = []] = [ways[step]?.get(value), ways[step]?.get(value + by)];
  const all = own.flatMap((from) =>
    moved
      .filter(({ number }) => number === from.number)
      .map((to) => ({
        from: from.question,
        to: to.question,
        change: Math.abs(from.change) + Math.abs(to.change),
      })),
  );
  return all.reduce<(typeof all)[number] | null>(
    (best, each) => (best === null || each.change < best.change ? each : best),
    null,
  );
}

function templateOf({ question, equations = [] }: StudyProblem, largest: number): Template {
  const numbers = numbersIn(question);
  const ways = equations.map(() => new Map<number, Way[]>());
  for (const [place, number] of numbers.entries()) {
    // Equal numbers need not stand in the solution's order, so which of them an operand is cannot be said.
    if (numbers.filter(({ value }) => value === number.value).length > 1) continue;
    for (const change of range(2 * MOST_CHANGE + 1).map((i) => i - MOST_CHANGE)) {
      const to = number.value + change;
      if (to < 2 || to > largest) continue;
      const { values, isWhole, equals } = stepsWith(equations, { ...number, to });
      // Nor can it of an operand that the question has in words, or that the solution uses twice.
      if (!isWhole || equals !== 1 || !values.every((value) => isAllowed(value, largest))) continue;
      const way = { number: place, change, question: withNumber(question, { ...number, to }) };
      for (const [step, value] of values.entries()) ways[step]?.set(value, [...(ways[step]?.get(value) ?? []), way]);
    }
  }
  return { question, ways };
}

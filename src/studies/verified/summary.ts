/** The chains of all problems, beside those that another problem's latents give, and beside the solutions. */

import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { Rate } from "../../statistics/estimate.js";
import { rateOf } from "../../statistics/proportion-interval.js";
import { bestChain, type Chain } from "./chain.js";
import { type Equation, equationOf, isSameChain } from "./equation.js";
import { questionNumbers } from "./question-numbers.js";
import type { NamedNumbers } from "./record.js";

/** One problem's baseline. */
export interface VerifiedRow {
  readonly problemId: string;
  readonly question: string;
  /** The model's number; null where its answer has none. */
  readonly answer: number | null;
  readonly correct: boolean;
  readonly named: NamedNumbers;
}

/** What was found for one problem. */
export interface ProblemChains {
  readonly problemId: string;
  readonly answer: number | null;
  readonly correct: boolean;
  /** The solution's steps; null where it marks none, or one of them is no equation of two numbers. */
  readonly solution: readonly Equation[] | null;
  readonly positions: readonly string[];
  /** By how many of the head's choices are looked at, from 1; null where no chain ends in the answer. */
  readonly chains: readonly (Chain | null)[];
  /** Likewise with the numbers that another problem's latents name; empty with one problem. */
  readonly others: readonly (Chain | null)[];
}

/** A count of problems, and the same with another problem's latents; null with one problem. */
export interface BesideOthers {
  readonly own: Rate;
  readonly other: Rate | null;
}

/** One depth of the search. */
export interface VerifiedLevel {
  /** How many of the head's choices at each position are looked at. */
  readonly choices: number;
  /** Problems with a chain that ends in the model's answer. */
  readonly found: BesideOthers;
  /** The same of right answers, and of wrong ones. */
  readonly right: BesideOthers;
  readonly wrong: BesideOthers;
  /** Of the problems whose solution is a chain: it is the one that was found. */
  readonly same: BesideOthers;
}

/** The study. */
export interface VerifiedSummary {
  readonly problems: readonly ProblemChains[];
  readonly levels: readonly VerifiedLevel[];
  /** Problems whose answer is no number. */
  readonly mute: number;
  /** Problems with a marked solution that is no chain of equations of two numbers. */
  readonly uncompared: number;
  /** Problems whose solution has a value of several tokens, which no position can name. */
  readonly unsaid: number;
}

/** More choices say more by chance, and take longer to search. */
export const MOST_CHOICES = 3;

/** @returns null where the study was not run. */
export function verifiedSummary(rows: readonly VerifiedRow[], seed: number): VerifiedSummary | null {
  if (rows.length === 0) return null;
  const depth = Math.min(MOST_CHOICES, Math.max(...rows.map(({ named }) => named.choices)));
  const lender = lenders(rows.length, seed);
  const problems = rows.map((row, i): ProblemChains => {
    const other = rows[lender[i] ?? i];
    const { problemId, answer, correct, named } = row;
    return {
      problemId,
      answer,
      correct,
      solution: solutionOf(named),
      positions: named.positions,
      chains: chainsOf(row, { named, depth }),
      others: other === undefined || other === row ? [] : chainsOf(row, { named: other.named, depth }),
    };
  });
  return {
    problems,
    levels: range(depth).map((level) => levelOf(problems, level)),
    mute: rows.filter(({ answer }) => answer === null).length,
    uncompared: rows.filter(({ named }) => named.solution.length > 0 && solutionOf(named) === null).length,
    unsaid: rows.filter(({ named }) => named.unsaid.length > 0).length,
  };
}

/** Whose latents stand in for a problem's: one cycle through all of them, so nobody has its own. */
export function lenders(count: number, seed: number): number[] {
  const order = permutation(count, seededRandom(hashText(`${seed}|latents of another problem`)));
  const lender = new Array<number>(count).fill(0);
  for (const [i, each] of order.entries()) lender[each] = order[(i + 1) % count] ?? each;
  return lender;
}

function solutionOf({ solution }: NamedNumbers): Equation[] | null {
  const equations = solution.flatMap((text) => equationOf(text) ?? []);
  return solution.length > 0 && equations.length === solution.length ? equations : null;
}

function chainsOf(
  { question, answer }: VerifiedRow,
  { named, depth }: { readonly named: NamedNumbers; readonly depth: number },
): (Chain | null)[] {
  const mentions = questionNumbers(question);
  let known: Chain | null = null;
  return range(depth).map((level) => {
    if (answer === null) return null;
    const numbers = named.numbers.map((some) => some.filter(([, rank]) => rank <= level + 1));
    // What fewer choices gave is among the chains of more.
    known = bestChain({ question: mentions, numbers, answer }, known);
    return known;
  });
}

function levelOf(problems: readonly ProblemChains[], level: number): VerifiedLevel {
  const beside = (some: readonly ProblemChains[], is: (chain: Chain, of: ProblemChains) => boolean): BesideOthers => {
    const counted = (of: "chains" | "others"): Rate => {
      const count = some.filter((each) => {
        const chain = each[of][level] ?? null;
        return chain !== null && is(chain, each);
      }).length;
      return rateOf(count, some.length);
    };
    const hasOthers = some.every(({ others }) => others.length > 0);
    return { own: counted("chains"), other: hasOthers ? counted("others") : null };
  };
  const any = (): boolean => true;
  return {
    choices: level + 1,
    found: beside(problems, any),
    right: beside(
      problems.filter(({ correct }) => correct),
      any,
    ),
    wrong: beside(
      problems.filter(({ correct }) => !correct),
      any,
    ),
    same: beside(
      problems.filter(({ solution }) => solution !== null),
      ({ steps }, { solution }) => solution !== null && isSameChain(steps, solution),
    ),
  };
}

/** Counts, shares and intervals of the problems of one level, from the records in the page. */

import { wilsonLimits } from "../../statistics/wilson.js";
import type { PageData, PageProblem } from "./page-data.js";

/** One run of a problem: a latent zeroed, or another study's condition. */
export interface PageRun {
  readonly key: string;
  readonly study: string;
  readonly name: string;
}

/** How often something came out. */
export interface Counted {
  readonly count: number;
  readonly n: number;
}

/** A run over the problems of a level. */
export interface RunCounts {
  readonly run: PageRun;
  readonly right: Counted;
  /** Of the answers that were right without it. */
  readonly broken: Counted;
}

/** @returns every run that the page has answers of; the latents first. */
export function runsOf({ problems, conditions }: PageData): PageRun[] {
  const latents = new Set(problems.flatMap(({ ablated }) => ablated.map(({ latent }) => latent)));
  return [
    ...[...latents]
      .sort((a, b) => a - b)
      .map((latent) => ({ key: `z${latent}`, study: "one latent zeroed", name: `latent ${latent} zeroed` })),
    ...conditions.map(({ study, name }, place) => ({ key: `c${place}`, study, name })),
  ];
}

/** An answer; null where the problem was not run so. @param key `baseline`, `z2` (latent 2 zeroed) or `c7` (condition 7). */
export function answerOf(
  problem: PageProblem,
  key: string,
): { readonly answer: string; readonly right: boolean } | null {
  const whole = { answer: problem.answer, right: problem.right };
  const place = Number(key.slice(1));
  if (key === "baseline") return whole;
  if (key.startsWith("z")) return problem.ablated.find(({ latent }) => latent === place) ?? null;
  if (problem.absent.includes(place)) return null;
  const changed = problem.changed.find(([at]) => at === place);
  return changed === undefined ? whole : { answer: changed[1], right: changed[2] };
}

/** @param level one of the page's, or undefined for all. */
export function countsOf(data: PageData, level: string | undefined): RunCounts[] {
  const problems = problemsOf(data, level);
  return runsOf(data).map((run) => {
    const answers = problems.flatMap((problem) => {
      const answer = answerOf(problem, run.key);
      return answer === null ? [] : [{ before: problem.right, after: answer.right }];
    });
    const before = answers.filter((each) => each.before);
    return {
      run,
      right: { count: answers.filter(({ after }) => after).length, n: answers.length },
      broken: { count: before.filter(({ after }) => !after).length, n: before.length },
    };
  });
}

/** @returns the problems of a level. */
export function problemsOf({ problems }: PageData, level: string | undefined): PageProblem[] {
  return problems.filter((each) => level === undefined || each.level === level);
}

/** `0.30 [0.22, 0.40]`, `0.30, n = 5: too few to say`. */
export function shareText({ count, n }: Counted, fewest: number): string {
  if (n === 0) return "not defined (none right)";
  const { p, low, high } = wilsonLimits(count, n);
  return n < fewest
    ? `${p.toFixed(2)}, n = ${n}: too few to say`
    : `${p.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

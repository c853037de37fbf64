/** Pairs of a problem and its counterfactual: made, checked against what the model answers, and dropped with a reason where they say nothing. */

import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Contrast, RunResult } from "../../model/latent/run-types.js";
import type { PlanFacts, StudyProblem } from "../read-context.js";
import { largestNumber } from "../shared/number-changes.js";
import { candidatesOf } from "./counterfactuals.js";

// Most numbers change the answer, so few candidates are enough.
const MOST_CANDIDATES = 6;
const MOST_UNRELATED = 3;

/** A pair whose answers differ. */
export interface Pair {
  readonly kind: "kept";
  readonly clean: RunResult;
  readonly counterfactual: RunResult;
  readonly given: boolean;
  /** Positions of the question whose token differs. */
  readonly changed: readonly number[];
  /** Number of the answer token in which the answers part. */
  readonly parts: number;
  readonly numbers: { readonly clean: number; readonly counterfactual: number };
  /** A run of another problem of the same length with a third answer, or null. */
  readonly unrelated: RunResult | null;
}

/** A problem without a pair. */
export interface Dropped {
  readonly kind: "dropped";
  readonly reason: string;
}

/** What a problem's pair is chosen from: text alone, made when the run is planned. */
export interface PairDraft {
  /** Questions that the problem's may be exchanged for, the first that the model answers otherwise. */
  readonly candidates: readonly string[];
  /** For each candidate, questions of other problems with as many tokens as the problem's. */
  readonly unrelated: readonly (readonly string[])[];
}

/**
 * @param problems of the data file, all of them. @param promptOf token ids of a question's prompt.
 * @returns what makes one problem's draft. The model is not asked.
 */
export function pairDrafts(
  problems: readonly StudyProblem[],
  { seed, promptOf }: PlanFacts,
): (problem: StudyProblem) => PairDraft {
  const rules = { seed, largest: largestNumber(problems), promptOf, most: MOST_CANDIDATES };
  const byLength = questionsByLength(problems, promptOf);
  return (problem) => {
    const { question } = problem;
    const candidates = candidatesOf(problem, rules);
    const same = byLength.get(promptOf(question).length) ?? [];
    const unrelatedTo = (candidate: string): string[] => {
      const others = same.filter((other) => other !== question && other !== candidate);
      const order = permutation(others.length, seededRandom(hashText(`${seed}|${question}|unrelated`)));
      return order.slice(0, MOST_UNRELATED).flatMap((place) => others[place] ?? []);
    };
    return { candidates, unrelated: candidates.map(unrelatedTo) };
  };
}

/** A problem and what its pair is chosen from. */
export interface DraftedProblem {
  readonly problem: StudyProblem;
  readonly draft: PairDraft;
}

/** @returns one a problem. */
export async function pairsOf(
  model: CodiModel,
  problems: readonly DraftedProblem[],
  { maxNewTokens }: { readonly maxNewTokens: number },
): Promise<(Pair | Dropped)[]> {
  const options = { maxNewTokens, lens: true } as const;
  const questions = [
    ...problems.map(({ problem }) => problem.question),
    ...problems.flatMap(({ draft }) => draft.candidates),
  ];
  const run = await runsOf(model, questions, options);
  const found = problems.map(({ problem, draft }) => choose(problem, draft.candidates, run));
  const others = found.map((pair, i) => (pair.kind === "kept" ? unrelatedOf(pair, problems[i]?.draft) : []));
  const other = await runsOf(model, others.flat(), options);
  return found.map((pair, i) => {
    if (pair.kind === "dropped") return pair;
    const usable = (others[i] ?? []).map(other).find((each) => isUnrelated(each, pair));
    return { ...pair, unrelated: usable ?? null };
  });
}

function unrelatedOf({ counterfactual }: Pair, draft: PairDraft | undefined): readonly string[] {
  return draft?.unrelated[draft.candidates.indexOf(counterfactual.question)] ?? [];
}

/** What the two answers are compared by, as the run of either question sees it. */
export function contrastOf({ clean, counterfactual, parts }: Pair, base: "clean" | "counterfactual"): Contrast {
  const [own, other] = base === "clean" ? [clean, counterfactual] : [counterfactual, clean];
  return { tokens: own.answer.ids.slice(0, parts + 1), other: other.answer.ids[parts] ?? 0 };
}

async function runsOf(
  model: CodiModel,
  questions: readonly string[],
  options: { readonly maxNewTokens: number; readonly lens: true },
): Promise<(question: string) => RunResult> {
  const distinct = [...new Set(questions)];
  const runs = new Map((await model.runBatch(distinct, options)).map((result) => [result.question, result]));
  return (question) => {
    const result = runs.get(question);
    if (result === undefined) throw new RangeError("A question was not run");
    return result;
  };
}

function choose(
  problem: StudyProblem,
  candidates: readonly string[],
  run: (question: string) => RunResult,
): Pair | Dropped {
  const clean = run(problem.question);
  const given = problem.counterfactual !== undefined;
  if (clean.failure !== null || clean.answer.parsed.kind !== "number")
    return { kind: "dropped", reason: "the model's answer has no number" };
  if (candidates.length === 0)
    return { kind: "dropped", reason: "no number of the question can be changed at the same token length" };
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const pair = pairOf(clean, run(candidate), given);
    if (typeof pair !== "string") return pair;
    reasons.push(pair);
  }
  return { kind: "dropped", reason: reasons[0] ?? "" };
}

/** @returns the pair, or why it is none. */
function pairOf(clean: RunResult, counterfactual: RunResult, given: boolean): Pair | string {
  const [before, after] = [clean.promptIds, counterfactual.promptIds];
  if (before.length !== after.length)
    return "the counterfactual has another token length, so positions would not align";
  const [a, b] = [clean.answer, counterfactual.answer];
  if (counterfactual.failure !== null || a.parsed.kind !== "number" || b.parsed.kind !== "number")
    return "the model's answer to the counterfactual has no number";
  if (a.parsed.value === b.parsed.value) return "the model gives both questions the same answer";
  const parts = a.ids.findIndex((id, i) => id !== b.ids[i]);
  if (parts < 0 || b.ids[parts] === undefined || parts < (a.numberToken ?? 0) || parts < (b.numberToken ?? 0))
    return "the two answers differ elsewhere than in their number";
  return {
    kind: "kept",
    clean,
    counterfactual,
    given,
    changed: range(before.length).filter((i) => before[i] !== after[i]),
    parts,
    numbers: { clean: a.parsed.value, counterfactual: b.parsed.value },
    unrelated: null,
  };
}

function isUnrelated({ answer, failure, layout }: RunResult, { numbers, parts }: Pair): boolean {
  if (failure !== null || answer.parsed.kind !== "number" || layout.parts.answer < parts) return false;
  return answer.parsed.value !== numbers.clean && answer.parsed.value !== numbers.counterfactual;
}

function questionsByLength(
  problems: readonly StudyProblem[],
  promptOf: (question: string) => readonly number[],
): Map<number, string[]> {
  const made = new Map<number, string[]>();
  for (const { question } of problems) {
    const { length } = promptOf(question);
    made.set(length, [...(made.get(length) ?? []), question]);
  }
  return made;
}

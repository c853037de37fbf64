/** Options of a run, checked and split over its batches. */

import { UsageError } from "../../base/errors.js";
import { isExpected } from "./answer/kind.js";
import type { CommonOptions, ConditionOptions, GivenCondition } from "./run-types.js";

/** One or several, as a list. */
export function asList<T extends string | number | boolean>(given: T | readonly T[]): readonly T[] {
  return typeof given === "object" ? given : [given];
}

const ONE_EACH = "give one a question, in the same order";

/** @throws UsageError where options that go by question are not one a question, or no answer is what is expected. */
export function checkByQuestion(
  { expected, contrasts, knownAnswers, scoredAfter, sources = {} }: CommonOptions,
  { questions, texts }: { readonly questions: number; readonly texts: boolean },
): void {
  for (const [name, given] of [
    ["expected", expected],
    ["contrasts", contrasts],
    ["knownAnswers", knownAnswers],
    ["scoredAfter", scoredAfter],
    ...Object.entries(sources).map(([name, runs]) => [`sources.${name}`, runs] as const),
  ] as const) {
    if (given === undefined) continue;
    if (!Array.isArray(given))
      throw new UsageError(`${name} is ${JSON.stringify(given)}, wanted a list of ${questions}`, ONE_EACH);
    if (given.length !== questions)
      throw new UsageError(`${name} has ${given.length} entries for ${questions} questions`, ONE_EACH);
  }
  for (const [place, each] of expected?.entries() ?? [])
    if (!isExpected(each, texts))
      throw new UsageError(
        `expected[${place}] is ${typeof each === "number" ? each : JSON.stringify(each)}, wanted a finite number, a letter from A to E, or true or false`,
        typeof each === "string" ? "give a number without quotation marks" : "correct it",
      );
}

/** What options say of some of the questions. */
export function optionsOf(batch: readonly number[], options: CommonOptions): CommonOptions {
  const { expected, contrasts, knownAnswers, scoredAfter, sources } = options;
  const some = <T>(values: readonly T[]): T[] => batch.flatMap((question) => values.slice(question, question + 1));
  return {
    ...options,
    ...(expected === undefined ? {} : { expected: some(expected) }),
    ...(contrasts === undefined ? {} : { contrasts: some(contrasts) }),
    ...(scoredAfter === undefined ? {} : { scoredAfter: some(scoredAfter) }),
    ...(knownAnswers === undefined ? {} : { knownAnswers: some(knownAnswers) }),
    ...(sources === undefined
      ? {}
      : { sources: Object.fromEntries(Object.entries(sources).map(([name, runs]) => [name, some(runs)])) }),
  };
}

/** The conditions with some hooks more, after their own. */
export function withHooks(
  conditions: readonly GivenCondition[],
  hooks: NonNullable<ConditionOptions["hooks"]>,
): readonly GivenCondition[] {
  if (hooks.length === 0) return conditions;
  return conditions.map((each) => ({ ...each, hooks: [...(each.hooks ?? []), ...hooks] }));
}

/** The same function, asked once a question. */
export function memoised<T>(of: (question: string) => T): (question: string) => T {
  const known = new Map<string, T>();
  return (question) => {
    const found = known.get(question) ?? of(question);
    known.set(question, found);
    return found;
  };
}

/** Options of a run, checked and split over its batches. */

import { firstIssue, UsageError } from "../../base/errors.js";
import { type Intervention, interventionSchema, parseIntervention } from "../hooks/interventions.js";
import type { CommonOptions, Condition, ConditionOptions } from "./run-types.js";

/** @throws UsageError where options that go by question are not one a question. */
export function checkByQuestion({ expected, contrasts }: CommonOptions, questions: number): void {
  for (const [name, given] of [
    ["expected", expected],
    ["contrasts", contrasts],
  ] as const)
    if (given !== undefined && given.length !== questions)
      throw new UsageError(
        `${name} has ${given.length} entries for ${questions} questions`,
        "give one a question, in the same order",
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

/** An intervention as data. @throws UsageError for what is none. */
export function asIntervention(value: string | Intervention): Intervention {
  if (typeof value === "string") return parseIntervention(value);
  const checked = interventionSchema.safeParse(value);
  if (checked.success) return checked.data;
  throw new UsageError(
    `Intervention ${JSON.stringify(value)} is not usable: ${firstIssue(checked.error)}`,
    "see interventionSchema",
  );
}

/** The conditions with some hooks more, after their own. */
export function withHooks(
  conditions: readonly Condition[],
  hooks: NonNullable<ConditionOptions["hooks"]>,
): readonly Condition[] {
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

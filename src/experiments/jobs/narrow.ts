/** Jobs made from a job that cannot be computed as it is: some of its problems, some of its conditions, or its shape with something else in it. */

import type { Intervention } from "../../model/hooks/interventions.js";
import { type Job, type JobCondition, type JobProblem, withKey } from "./job.js";

/** The job of some problems and some conditions. @param columns places of the conditions; the baseline must be among them. */
export function narrowed(job: Job, problems: readonly JobProblem[], columns: readonly number[]): Job {
  const { key: _, ...rest } = job;
  return withKey({
    ...rest,
    problems: problems.map((each) => ({ ...each, keys: columns.map((column) => each.keys[column] ?? null) })),
    conditions: columns.flatMap((column) => job.conditions[column] ?? []),
  });
}

/**
 * The job in its shape, with another question of the same length in the place of some problems: a sum's last digits depend on how many
 * rows it is computed with.
 *
 * @param replaced problems whose records are not wanted. @param lengthOf tokens of the prompt that a question makes.
 */
export function stoodIn(job: Job, replaced: readonly JobProblem[], lengthOf: (question: string) => number): Job {
  const { key: _, ...rest } = job;
  const own = ({ problem }: JobProblem): number => lengthOf(problem.question);
  const others = job.problems.filter((each) => !replaced.includes(each)).sort((a, b) => own(b) - own(a));
  const standIn = (each: JobProblem): JobProblem => {
    const wanted = own(each);
    let question = others.find((other) => own(other) <= wanted)?.problem.question ?? FILLER;
    while (lengthOf(question) < wanted) question += FILLER;
    return { ...each, problem: { ...each.problem, question } };
  };
  return withKey({ ...rest, problems: job.problems.map((each) => (replaced.includes(each) ? standIn(each) : each)) });
}

const FILLER = " a";

/** The job in its shape, with some conditions that act where they do and change nothing. */
export function muted(job: Job, columns: readonly number[]): Job {
  const { key: _, ...rest } = job;
  const conditions = job.conditions.map((each, column) => (columns.includes(column) ? withoutEffect(each) : each));
  return withKey({ ...rest, conditions });
}

function withoutEffect(condition: JobCondition): JobCondition {
  const neutral = (each: Intervention): Intervention => ({ ...each, operation: { kind: "scale", factor: 1 } });
  return { ...condition, interventions: condition.interventions.map(neutral), isMuted: true };
}

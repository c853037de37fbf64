/** What is done with a job that killed its worker: its items are tried alone, the rest is computed together again. */

import { range } from "../../base/range.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job, JobProblem } from "../jobs/job.js";
import { muted, narrowed, stoodIn } from "../jobs/narrow.js";
import { diedRecord } from "../jobs/subject.js";

/**
 * What a job is computed for. `first`: as planned; `alone`: one problem, or one problem under one condition, to see whether it survives;
 * `whole`: the job again, without what did not; `pieces`: as `alone`, but its results are kept.
 */
export interface Attempt {
  readonly stage: "first" | "alone" | "whole" | "pieces";
  readonly job: Job;
  /** The one condition that is tried with its baseline (or the baseline itself), as its place in the whole job; else null. */
  readonly condition: number | null;
  /** The same in words. */
  readonly what: string;
}

/** What came of it: records, or what ended the worker. */
export type Outcome = { readonly records: readonly ExperimentRecord[] } | { readonly cause: string };

/** Tries a job on a living worker. Rejects where the run cannot go on at all. */
export type Try = (attempt: Attempt) => Promise<Outcome>;

/** An attempt to compute a job as it was planned. */
export function asPlanned(job: Job): Attempt {
  return { stage: "first", job, condition: null, what: batchOf(job) };
}

/** What follows from a death, in words. */
export function whatNext({ stage, condition }: Attempt): string {
  if (stage === "first") return "each of them is tried alone";
  if (stage === "whole") return "they are computed one by one";
  return condition === null ? "its conditions are tried one by one" : "this item is marked failed";
}

/**
 * Computes a job that killed its worker once: what kills it again, alone, becomes a failed record; all else is computed in the job's
 * shape, and one by one where that kills too.
 *
 * @param lengthOf tokens of the prompt that a question makes.
 */
export async function recover(
  job: Job,
  attempt: Try,
  lengthOf: (question: string) => number,
): Promise<ExperimentRecord[]> {
  const recovery = new Recovery(job, attempt, lengthOf);
  for (const problem of job.problems) await recovery.alone("alone", problem);
  const records = (await recovery.whole()) ?? (await recovery.pieces());
  return [...records, ...recovery.failed()];
}

class Recovery {
  readonly #columns: readonly number[];
  /** Problems that killed the worker alone: their conditions are run one by one. */
  readonly #split = new Set<JobProblem>();
  /** By problem and condition, what ended the worker. */
  readonly #fatal = new Map<JobProblem, Map<number, string>>();

  constructor(
    readonly job: Job,
    readonly attempt: Try,
    readonly lengthOf: (question: string) => number,
  ) {
    this.#columns = range(job.conditions.length);
  }

  /** One problem by itself, or its conditions one by one where that killed the worker. @returns what survived. */
  async alone(stage: "alone" | "pieces", problem: JobProblem): Promise<ExperimentRecord[]> {
    const left = this.#left(problem);
    if (left.length === 0) return [];
    if (!this.#split.has(problem)) {
      const outcome = await this.#try(stage, narrowed(this.job, [problem], left), {
        what: `problem "${problem.problem.id}" alone`,
      });
      if ("records" in outcome) return [...outcome.records];
      this.#split.add(problem);
    }
    const records: ExperimentRecord[] = [];
    for (const column of left) {
      // Without its baseline a problem has no measures, so its other conditions need not be tried.
      if (this.#causeOf(problem, column) !== null) break;
      // A baseline that is not kept runs with each of the others only.
      if (column === 0 && problem.keys[0] === null) continue;
      const one = narrowed(this.job, [problem], column === 0 ? [0] : [0, column]);
      const what = `problem "${problem.problem.id}" under "${this.job.conditions[column]?.name}" alone`;
      const outcome = await this.#try(stage, one, { what, condition: column });
      if ("cause" in outcome) this.#lose(problem, column, outcome.cause);
      else records.push(...picked(outcome.records, problem, [column]));
    }
    return records;
  }

  /**
   * The job in its old shape. What killed is replaced by something of the same shape that does not count; numbers still differ by float32
   * noise where its answer would have been decoded with others.
   *
   * @returns null where it kills even so.
   */
  async whole(): Promise<ExperimentRecord[] | null> {
    const { job } = this;
    const hurt = job.problems.filter((problem) => this.#left(problem).length < this.#columns.length);
    const sound = job.problems.filter((problem) => !hurt.includes(problem));
    const records: ExperimentRecord[] = [];
    if (sound.length > 0) {
      const outcome = await this.#try("whole", stoodIn(job, hurt, this.lengthOf), { what: batchOf(job) });
      if ("cause" in outcome) return null;
      for (const problem of sound) records.push(...picked(outcome.records, problem, this.#columns));
    }
    for (const problem of hurt) {
      const left = this.#left(problem);
      if (left.length === 0) continue;
      const others = hurt.filter((other) => other !== problem);
      const lost = this.#columns.filter((column) => !left.includes(column));
      const outcome = await this.#try("whole", muted(stoodIn(job, others, this.lengthOf), lost), {
        what: batchOf(job),
      });
      if ("cause" in outcome) return null;
      records.push(...picked(outcome.records, problem, left));
    }
    return records;
  }

  async pieces(): Promise<ExperimentRecord[]> {
    const records: ExperimentRecord[] = [];
    for (const problem of this.job.problems) records.push(...(await this.alone("pieces", problem)));
    return records;
  }

  failed(): ExperimentRecord[] {
    return this.job.problems.flatMap((problem) =>
      this.#columns.flatMap((column) => {
        const cause = this.#causeOf(problem, column);
        return cause === null ? [] : diedRecord(this.job, problem, { column, cause });
      }),
    );
  }

  #try(
    stage: Attempt["stage"],
    job: Job,
    { what, condition = null }: { readonly what: string; readonly condition?: number | null },
  ): Promise<Outcome> {
    return this.attempt({ stage, job, condition, what });
  }

  #lose(problem: JobProblem, column: number, cause: string): void {
    const causes = this.#fatal.get(problem) ?? new Map<number, string>();
    this.#fatal.set(problem, causes.set(column, cause));
  }

  /** Places of the conditions that the problem can still be run under. */
  #left(problem: JobProblem): number[] {
    return this.#columns.filter((column) => this.#causeOf(problem, column) === null);
  }

  /** Why an item cannot be computed, or null. */
  #causeOf(problem: JobProblem, column: number): string | null {
    const causes = this.#fatal.get(problem);
    const own = causes?.get(column);
    if (own !== undefined) return `the computing process ended by ${own} while it ran this item alone`;
    const baseline = causes?.get(0);
    return baseline === undefined ? null : `the computing process ended by ${baseline} while it ran the baseline alone`;
  }
}

function batchOf({ problems }: Job): string {
  return `a batch of ${problems.length} problems`;
}

/** The records of a problem under some conditions of the whole job. */
function picked(
  records: readonly ExperimentRecord[],
  { keys }: JobProblem,
  columns: readonly number[],
): ExperimentRecord[] {
  const wanted = new Set(columns.map((column) => keys[column]));
  return records.filter(({ key }) => wanted.has(key));
}

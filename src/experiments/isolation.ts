/** What is done with a batch that killed the process which computed it: its items are tried alone, the rest is computed together again. */

import type { Intervention } from "../model/hooks/interventions.js";
import type { Problem } from "./problems/problem.js";
import type { ExperimentRecord } from "./record.js";
import type { StudyCondition } from "./study.js";

/** A problem and its place in the sampled set. */
export interface Numbered {
  readonly problem: Problem;
  readonly index: number;
}

/** The record of one problem (`index`) under one condition (`at`). */
export interface ComputedItem {
  readonly index: number;
  readonly at: number;
  readonly record: ExperimentRecord;
}

/** One batch, and how it can be computed as a whole or in parts. */
export interface BatchTask {
  readonly batch: readonly Numbered[];
  /** The baseline first. */
  readonly conditions: readonly StudyCondition[];
  /** Runs problems under the conditions that are not null; the baseline always is among them. */
  compute(
    problems: readonly Numbered[],
    conditions: readonly (StudyCondition | null)[],
  ): Promise<readonly ComputedItem[]>;
  /** An item that could not be computed. */
  failed(item: Numbered, at: number, error: { readonly name: string; readonly message: string }): ComputedItem;
  /** Tokens of the prompt that this question makes. */
  promptLength(question: string): number;
}

/** Computes a batch, and decides how. */
export type BatchGuard = (task: BatchTask) => Promise<readonly ComputedItem[]>;

/**
 * What is computed at this moment. `first`: a batch as usual; `alone`: one problem, or one problem under one condition, to see
 * whether it survives; `whole`: the batch again, without what did not; `pieces`: as `alone`, but its results are kept.
 */
export interface Begun {
  readonly stage: "first" | "alone" | "whole" | "pieces";
  /** Index of the batch's first problem. */
  readonly batch: number;
  readonly problems: readonly number[];
  readonly conditions: readonly number[];
  /** The one condition that is tried with its baseline (or the baseline itself), or null. */
  readonly condition: number | null;
  /** The same in words. */
  readonly what: string;
}

/** What is known of a batch that killed its process. */
export interface Trouble {
  readonly batch: number;
  readonly stage: "alone" | "pieces";
  /** Where the trials go on. */
  readonly next: { readonly problem: number; readonly condition: number };
  /** Problems that killed the process alone: their conditions are run one by one. */
  readonly split: readonly number[];
  readonly fatal: readonly { readonly problem: number; readonly condition: number; readonly cause: string }[];
}

/** What a death teaches. @param cause the signal's name, or the exit code in words. */
export function afterDeath(before: Trouble | null, begun: Begun, cause: string): Trouble {
  const { stage, batch, problems, condition } = begun;
  const problem = problems[0] ?? batch;
  if (stage === "first" || before === null)
    return { batch, stage: "alone", next: { problem: batch, condition: 0 }, split: [], fatal: [] };
  if (stage === "whole") return { ...before, stage: "pieces" };
  if (condition === null) return { ...before, split: [...before.split, problem], next: { problem, condition: 0 } };
  return {
    ...before,
    fatal: [...before.fatal, { problem, condition, cause }],
    // Without its baseline a problem has no measures, so its other conditions need not be tried.
    next: condition === 0 ? { problem: problem + 1, condition: 0 } : { problem, condition: condition + 1 },
  };
}

const MOST_IN_A_ROW = 3;

/** Whether so many problems in a row could not even be run without intervention that it is not the problems' fault. */
export function isHopeless({ fatal }: Trouble): boolean {
  const dead = new Set(fatal.filter(({ condition }) => condition === 0).map(({ problem }) => problem));
  const last = Math.max(-1, ...dead);
  return Array.from({ length: MOST_IN_A_ROW }, (_, back) => last - back).every((problem) => dead.has(problem));
}

/** Computes a batch, with `begin` told of each part before it is computed. */
export async function computeGuarded(
  task: BatchTask,
  trouble: Trouble | null,
  begin: (begun: Begun) => Promise<void>,
): Promise<readonly ComputedItem[]> {
  const batch = task.batch[0]?.index ?? 0;
  const parts = new Parts(task, trouble?.batch === batch ? trouble : null, begin);
  return parts.run();
}

class Parts {
  readonly #split: ReadonlySet<number>;
  readonly #fatal: ReadonlyMap<string, string>;
  readonly #all: readonly number[];

  constructor(
    readonly task: BatchTask,
    readonly trouble: Trouble | null,
    readonly begin: (begun: Begun) => Promise<void>,
  ) {
    this.#split = new Set(trouble?.split);
    this.#fatal = new Map(trouble?.fatal.map(({ problem, condition, cause }) => [`${problem}/${condition}`, cause]));
    this.#all = task.conditions.map((_, at) => at);
  }

  async run(): Promise<readonly ComputedItem[]> {
    const { batch, conditions } = this.task;
    if (this.trouble === null) {
      await this.#begin("first", batch, this.#all);
      return this.task.compute(batch, conditions);
    }
    if (this.trouble.stage === "pieces") return [...(await this.#pieces()), ...this.#failed()];
    await this.#trials(this.trouble.next);
    return [...(await this.#whole()), ...this.#failed()];
  }

  /** Runs each problem alone; who comes back from here survived. */
  async #trials(next: Trouble["next"]): Promise<void> {
    for (const each of this.task.batch) {
      if (each.index < next.problem) continue;
      const from = each.index === next.problem ? next.condition : 0;
      await this.#alone("alone", each, from);
    }
  }

  async #pieces(): Promise<ComputedItem[]> {
    const kept: ComputedItem[] = [];
    for (const each of this.task.batch) kept.push(...(await this.#alone("pieces", each, 0)));
    return kept;
  }

  async #alone(stage: "alone" | "pieces", each: Numbered, from: number): Promise<readonly ComputedItem[]> {
    const { conditions } = this.task;
    const left = this.#all.filter((at) => this.#cause(each.index, at) === null);
    if (left.length === 0) return [];
    if (!this.#split.has(each.index)) {
      await this.#begin(stage, [each], left);
      return this.task.compute(
        [each],
        conditions.map((condition, at) => (left.includes(at) ? condition : null)),
      );
    }
    const items: ComputedItem[] = [];
    for (const one of left.filter((at) => at >= from)) {
      await this.#begin(stage, [each], one === 0 ? [0] : [0, one], one);
      const computed = await this.task.compute(
        [each],
        conditions.map((condition, at) => (at === 0 || at === one ? condition : null)),
      );
      items.push(...computed.filter(({ at }) => at === one));
    }
    return items;
  }

  /**
   * The batch in its old shape: a sum's last digits depend on how many rows it is computed with. What killed is replaced by something
   * of the same shape that does not count; numbers still differ by float32 noise where its answer would have been decoded with others.
   */
  async #whole(): Promise<ComputedItem[]> {
    const { batch, conditions } = this.task;
    const hurt = batch.filter(({ index }) => this.#all.some((at) => this.#cause(index, at) !== null));
    const sound = batch.filter((each) => !hurt.includes(each));
    const items: ComputedItem[] = [];
    if (sound.length > 0) {
      await this.#begin("whole", sound, this.#all);
      items.push(...pick(await this.task.compute(this.#slots(hurt), conditions), sound, this.#all));
    }
    for (const each of hurt) {
      const left = this.#all.filter((at) => this.#cause(each.index, at) === null);
      if (left.length === 0) continue;
      await this.#begin("whole", [each, ...sound], left);
      const computed = await this.task.compute(
        this.#slots(hurt.filter((other) => other !== each)),
        conditions.map((condition, at) => (left.includes(at) ? condition : withoutEffect(condition))),
      );
      items.push(...pick(computed, [each], left));
    }
    return items;
  }

  /** The batch with another question of the same length in the place of some problems. */
  #slots(replaced: readonly Numbered[]): Numbered[] {
    const { batch, promptLength } = this.task;
    const lengths = new Map(batch.map((each) => [each, promptLength(each.problem.question)]));
    const lengthOf = (each: Numbered): number => lengths.get(each) ?? 0;
    const others = batch.filter((each) => !replaced.includes(each)).sort((a, b) => lengthOf(b) - lengthOf(a));
    return batch.map((each) => {
      if (!replaced.includes(each)) return each;
      const wanted = lengthOf(each);
      let question = others.find((other) => lengthOf(other) <= wanted)?.problem.question ?? FILLER;
      while (promptLength(question) < wanted) question += FILLER;
      return { ...each, problem: { ...each.problem, question } };
    });
  }

  #failed(): ComputedItem[] {
    return this.task.batch.flatMap((each) =>
      this.#all.flatMap((at) => {
        const cause = this.#cause(each.index, at);
        return cause === null ? [] : [this.task.failed(each, at, { name: "ProcessDied", message: cause })];
      }),
    );
  }

  /** Why an item cannot be computed, or null. */
  #cause(problem: number, at: number): string | null {
    const own = this.#fatal.get(`${problem}/${at}`);
    if (own !== undefined) return `the computing process ended by ${own} while it ran this item alone`;
    const baseline = this.#fatal.get(`${problem}/0`);
    return baseline === undefined ? null : `the computing process ended by ${baseline} while it ran the baseline alone`;
  }

  async #begin(
    stage: Begun["stage"],
    problems: readonly Numbered[],
    conditions: readonly number[],
    condition: number | null = null,
  ): Promise<void> {
    const batch = this.task.batch[0]?.index ?? 0;
    const under = condition === null ? "" : ` under "${this.task.conditions[condition]?.name}"`;
    const isBatch = stage === "first" || stage === "whole";
    const what = isBatch
      ? `a batch of ${this.task.batch.length} problems`
      : `problem "${problems[0]?.problem.id}"${under} alone`;
    await this.begin({ stage, batch, problems: problems.map(({ index }) => index), conditions, condition, what });
  }
}

const FILLER = " a";

function pick(
  items: readonly ComputedItem[],
  problems: readonly Numbered[],
  conditions: readonly number[],
): ComputedItem[] {
  const indices = new Set(problems.map(({ index }) => index));
  return items.filter(({ index, at }) => indices.has(index) && conditions.includes(at));
}

/** Branches where the condition does and acts where it does, and changes nothing. */
function withoutEffect(condition: StudyCondition): StudyCondition {
  const neutral = (each: Intervention): Intervention => ({ ...each, operation: { kind: "scale", factor: 1 } });
  const { forQuestion, patch: _, ...rest } = condition;
  return {
    ...rest,
    interventions: condition.interventions.map(neutral),
    ...(forQuestion === undefined ? {} : { forQuestion: (tokens) => forQuestion(tokens).map(neutral) }),
  };
}

/** What is done with a part of a batch that killed the process which computed it: its items are tried alone, the rest is computed together again. */

import type { Intervention } from "../../model/hooks/interventions.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { StudyCondition } from "../../studies/study.js";
import type { Problem } from "../problems/problem.js";

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

/** One part of a batch, and how it can be computed as a whole or item by item. */
export interface BatchTask {
  /** Number of the part within the run. */
  readonly part: number;
  /** In the run's order. */
  readonly batch: readonly Numbered[];
  /** All of the run, the baseline first. */
  readonly conditions: readonly StudyCondition[];
  /** Places of those that are run; the baseline first. */
  readonly places: readonly number[];
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

/** Computes a part, and decides how. */
export type BatchGuard = (task: BatchTask) => Promise<readonly ComputedItem[]>;

/**
 * What is computed at this moment. `first`: a batch as usual; `alone`: one problem, or one problem under one condition, to see
 * whether it survives; `whole`: the batch again, without what did not; `pieces`: as `alone`, but its results are kept.
 */
export interface Begun {
  readonly stage: "first" | "alone" | "whole" | "pieces";
  /** Number of the part within the run. */
  readonly part: number;
  readonly problems: readonly number[];
  readonly conditions: readonly number[];
  /** The one condition that is tried with its baseline (or the baseline itself), or null. */
  readonly condition: number | null;
  /** The same in words. */
  readonly what: string;
}

/** What is known of a part that killed its process. */
export interface Trouble {
  readonly part: number;
  readonly stage: "alone" | "pieces";
  /** Where the trials go on. */
  readonly next: { readonly problem: number; readonly condition: number };
  /** Problems that killed the process alone: their conditions are run one by one. */
  readonly split: readonly number[];
  readonly fatal: readonly { readonly problem: number; readonly condition: number; readonly cause: string }[];
  /** Problems whose baseline alone killed, one after the other, with nothing in between that survived. */
  readonly inARow: number;
}

/** How a process ended. */
export interface Death {
  /** The signal's name, or the exit code in words. */
  readonly cause: string;
  /** Whether it had computed something before without dying. */
  readonly hasSurvived: boolean;
}

/** What a death teaches. */
export function afterDeath(before: Trouble | null, begun: Begun, { cause, hasSurvived }: Death): Trouble {
  const { stage, part, problems, condition } = begun;
  const problem = problems[0] ?? 0;
  const inARow = hasSurvived ? 0 : (before?.inARow ?? 0);
  if (stage === "first" || before === null)
    return { part, stage: "alone", next: { problem, condition: 0 }, split: [], fatal: [], inARow };
  if (stage === "whole") return { ...before, stage: "pieces", inARow };
  if (condition === null)
    return { ...before, split: [...before.split, problem], next: { problem, condition: 0 }, inARow };
  const isBaseline = condition === 0;
  return {
    ...before,
    fatal: [...before.fatal, { problem, condition, cause }],
    // Without its baseline a problem has no measures, so its other conditions need not be tried.
    next: isBaseline ? { problem: problem + 1, condition: 0 } : { problem, condition: condition + 1 },
    inARow: isBaseline ? inARow + 1 : inARow,
  };
}

const MOST_IN_A_ROW = 3;

/** Whether so many problems in a row could not even be run without intervention that it is not the problems' fault. */
export function isHopeless({ inARow }: Trouble): boolean {
  return inARow >= MOST_IN_A_ROW;
}

/** Computes a part, with `begin` told of all that is computed before it is. */
export async function computeGuarded(
  task: BatchTask,
  trouble: Trouble | null,
  begin: (begun: Begun) => Promise<void>,
): Promise<readonly ComputedItem[]> {
  return new GuardedPart(task, trouble?.part === task.part ? trouble : null, begin).run();
}

class GuardedPart {
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
    this.#all = task.places;
  }

  async run(): Promise<readonly ComputedItem[]> {
    const { batch } = this.task;
    if (this.trouble === null) {
      await this.#begin("first", batch, this.#all);
      return this.task.compute(batch, this.#only(this.#all));
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
    const left = this.#all.filter((at) => this.#cause(each.index, at) === null);
    if (left.length === 0) return [];
    if (!this.#split.has(each.index)) {
      await this.#begin(stage, [each], left);
      return this.task.compute([each], this.#only(left));
    }
    const items: ComputedItem[] = [];
    for (const one of left.filter((at) => at >= from)) {
      await this.#begin(stage, [each], one === 0 ? [0] : [0, one], one);
      const computed = await this.task.compute([each], this.#only([0, one]));
      items.push(...computed.filter(({ at }) => at === one));
    }
    return items;
  }

  /**
   * The batch in its old shape: a sum's last digits depend on how many rows it is computed with. What killed is replaced by something
   * of the same shape that does not count; numbers still differ by float32 noise where its answer would have been decoded with others.
   */
  async #whole(): Promise<ComputedItem[]> {
    const { batch } = this.task;
    const hurt = batch.filter(({ index }) => this.#all.some((at) => this.#cause(index, at) !== null));
    const sound = batch.filter((each) => !hurt.includes(each));
    const items: ComputedItem[] = [];
    if (sound.length > 0) {
      await this.#begin("whole", sound, this.#all);
      items.push(...pick(await this.task.compute(this.#slots(hurt), this.#only(this.#all)), sound, this.#all));
    }
    for (const each of hurt) {
      const left = this.#all.filter((at) => this.#cause(each.index, at) === null);
      if (left.length === 0) continue;
      await this.#begin("whole", [each, ...sound], left);
      const computed = await this.task.compute(
        this.#slots(hurt.filter((other) => other !== each)),
        this.#only(this.#all).map((condition, at) =>
          condition === null || left.includes(at) ? condition : withoutEffect(condition),
        ),
      );
      items.push(...pick(computed, [each], left));
    }
    return items;
  }

  /** The run's conditions, null but for some. */
  #only(places: readonly number[]): (StudyCondition | null)[] {
    return this.task.conditions.map((condition, at) => (places.includes(at) ? condition : null));
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
    const { part } = this.task;
    const under = condition === null ? "" : ` under "${this.task.conditions[condition]?.name}"`;
    const isBatch = stage === "first" || stage === "whole";
    const what = isBatch
      ? `a batch of ${this.task.batch.length} problems`
      : `problem "${problems[0]?.problem.id}"${under} alone`;
    await this.begin({ stage, part, problems: problems.map(({ index }) => index), conditions, condition, what });
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

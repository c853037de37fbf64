/** Which shard a command computes: by its options, else by what Slurm and Kubernetes tell a task of itself. */

import { UsageError } from "../base/errors.js";
import { MOST_SHARDS, type Shard, shardText } from "../records/shard.js";
import { wholeNumber } from "./arguments.js";

/** What the command line says. */
export interface ShardFlags {
  /** `--no-shard` is false. */
  readonly shard?: Shard | false;
  readonly shards?: number;
}

/** What is computed. */
export interface ShardChoice {
  /** Undefined: the whole run. */
  readonly shard?: Shard;
  /** One line where the surroundings decided. */
  readonly notice?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `3/16`: index, from 0, and count. @throws RangeError. */
export function parseShard(text: string): Shard {
  const [index = Number.NaN, count = Number.NaN, ...others] = text.split("/").map((part) => wholeNumber(part));
  if (others.length > 0 || Number.isNaN(count)) throw new RangeError(`"${text}" is not INDEX/COUNT, such as 0/16`);
  if (count < 1 || count > MOST_SHARDS) throw new RangeError(`"${text}" is not of 1 to ${MOST_SHARDS} shards`);
  if (index >= count)
    throw new RangeError(`"${text}" is no shard: they count from 0, so that the last is ${count - 1}/${count}`);
  return { index, count };
}

/** A number of shards. @throws RangeError. */
export function parseShards(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > MOST_SHARDS) throw new RangeError(`"${text}" is not a number from 1 to ${MOST_SHARDS}`);
  return count;
}

/**
 * Options win over the surroundings, and `--shards` over the size of an array: the array of a resubmitted task has one task.
 *
 * @throws UsageError where they do not say which shard is meant: no other cut is ever guessed.
 */
export function shardOf({ shard, shards }: ShardFlags, environment: Environment): ShardChoice {
  if (shard === false) return withoutCount(shards);
  if (shard !== undefined) return { shard: agreeing(shard, shards) };
  const array = arrayTask(environment);
  if (array !== null) return shards === undefined ? byArray(array) : byTask(array, shards);
  const index = numberIn(environment, "JOB_COMPLETION_INDEX");
  if (index !== null) return byCompletionIndex(index, shards);
  if (shards === undefined) return {};
  throw new UsageError(
    `--shards ${shards} does not say which shard this is, and neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set`,
    `name it: --shard 0/${shards} is the first`,
  );
}

/** A command line without what chooses a shard: the same for all shards of a run, and for the undivided one. */
export function withoutShard(args: readonly string[]): string[] {
  const isChoice = (arg: string | undefined): boolean => arg === "--shard" || arg === "--shards";
  return args.filter(
    (arg, place) => !isChoice(arg) && !isChoice(args[place - 1]) && !/^--(?:no-shard$|shards?=)/.test(arg),
  );
}

function withoutCount(shards: number | undefined): ShardChoice {
  if (shards === undefined) return {};
  throw new UsageError(`--no-shard and --shards ${shards} exclude each other`, "leave one of them out");
}

function agreeing(shard: Shard, shards: number | undefined): Shard {
  if (shards === undefined || shards === shard.count) return shard;
  throw new UsageError(
    `--shard ${shardText(shard)} is not of ${shards} shards, as --shards says`,
    "correct one of them",
  );
}

/** What Slurm tells a task of its array. */
interface ArrayTask {
  readonly id: number;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

function arrayTask(environment: Environment): ArrayTask | null {
  const id = numberIn(environment, "SLURM_ARRAY_TASK_ID");
  if (id === null) return null;
  return {
    id,
    count: numberIn(environment, "SLURM_ARRAY_TASK_COUNT") ?? 1,
    first: numberIn(environment, "SLURM_ARRAY_TASK_MIN") ?? id,
    last: numberIn(environment, "SLURM_ARRAY_TASK_MAX") ?? id,
  };
}

/** The array's own size counts only where its tasks are 0, 1, 2 … without gaps. */
function byArray({ id, count, first, last }: ArrayTask): ShardChoice {
  if (first !== 0 || last !== count - 1)
    throw new UsageError(
      `this is task ${id} of a Slurm array of ${count} from ${first} to ${last}, which does not say how many shards the run has`,
      "give their number with --shards, as for the first array; --no-shard computes the whole run",
    );
  return {
    shard: { index: id, count },
    notice: `task ${id} of a Slurm array of ${count}: shard ${id}/${count} of the run is computed; --no-shard computes the whole run`,
  };
}

function byTask({ id, last }: ArrayTask, count: number): ShardChoice {
  if (id >= count || last >= count)
    throw new UsageError(
      `the Slurm array goes up to task ${Math.max(id, last)}, and ${count} shards count from 0 to ${count - 1}`,
      `submit it with --array=0-${count - 1}`,
    );
  return {
    shard: { index: id, count },
    notice: `task ${id} of a Slurm array: shard ${id}/${count} of the run is computed`,
  };
}

function byCompletionIndex(index: number, count: number | undefined): ShardChoice {
  if (count === undefined)
    throw new UsageError(
      `this is index ${index} of a Kubernetes Job, which does not say how many shards the run has`,
      "give the Job's completions with --shards; --no-shard computes the whole run",
    );
  if (index >= count)
    throw new UsageError(
      `JOB_COMPLETION_INDEX is ${index}, and ${count} shards count from 0 to ${count - 1}`,
      "give the Job as many completions as --shards says",
    );
  return {
    shard: { index, count },
    notice: `index ${index} of a Kubernetes Job: shard ${index}/${count} of the run is computed`,
  };
}

function numberIn(environment: Environment, name: string): number | null {
  const text = environment[name] ?? "";
  if (text === "") return null;
  try {
    return wholeNumber(text);
  } catch {
    throw new UsageError(`${name} is ${JSON.stringify(text)}, wanted a whole number`, "unset it, or give --shard");
  }
}

/** The run that a cluster is to compute, planned here as the experiment itself plans it. */

import type { Command } from "commander";
import { UsageError } from "../../base/errors.js";
import { packageVersion } from "../../disk/package-version.js";
import type { ExperimentPlan } from "../../experiments/plan/plan.js";
import { runApart } from "../../experiments/work/run-apart.js";
import { openCheckpointFolder } from "../../model/checkpoint/open-folder.js";
import { threadsFor } from "../../model/latent/load/threads.js";
import { printableLines } from "../arguments.js";
import { type ExperimentFlags, namedModel, optionsOf } from "../commands/experiment.js";
import { baseFolder } from "../models.js";
import type { ClusterRun } from "./cluster-run.js";
import { passedOn } from "./passed-on.js";
import { taskMemory } from "./task-memory.js";

/** Options of both commands. */
export interface ClusterCommand extends ExperimentFlags {
  readonly shards?: number;
  readonly cpus?: number;
}

/** What was typed. */
export interface Typed {
  /** The command, with its options. */
  readonly command: Command;
  /** Words behind its name. */
  readonly args: readonly string[];
  /** Options that are the command's own. */
  readonly own: readonly string[];
}

/** Threads of a task of a large model, where nothing is said. */
const THREADS = 8;

/** Options that a task must not have, each with what to do instead. */
const REFUSED: readonly (readonly [keyof ExperimentFlags, string, string])[] = [
  ["new", "--new", "it would empty a shard's folder whenever its task is started again: choose another --out"],
  ["dryRun", "--dry-run", "run codilens experiment with it"],
  ["profile", "--profile", "record a run of a few problems on one machine"],
];

/** @throws UsageError, and what planning an experiment throws. */
export async function planRun(flags: ClusterCommand, { command, args, own }: Typed): Promise<ClusterRun> {
  const { shards } = flags;
  for (const [key, name, instead] of REFUSED)
    if (flags[key] === true) throw new UsageError(`${name} is no option of ${command.name()}`, instead);
  if (shards === undefined)
    throw new UsageError(
      `${command.name()} needs the number of shards, --shards N`,
      "say how many tasks share the run, such as --shards 16",
    );
  const options = passedOn(command, {
    args,
    own: new Set([...own, "--out", "--cpus", "--json", "--debug", "--no-progress"]),
  });
  const models = { model: await namedModel(flags), ...(await baseFolder(flags.base, flags)) };
  const size = await taskSize(flags, models);
  const { plan, dir } = await dryRun(flags, { args, models, threads: size.threads });
  return {
    options: [...options, ...(flags.threads === undefined ? ["--threads", String(size.threads)] : [])],
    out: flags.out ?? dir,
    shards,
    cpus: size.cpus,
    ...taskMemory(plan, size.workers),
    mergeOptions: [],
    version: packageVersion(),
  };
}

interface Models {
  readonly model: string;
  readonly base?: string;
}

/** What a task has. All tasks have the same threads, whatever their machines: threads change the last digits. */
interface TaskSize {
  readonly workers: number;
  readonly threads: number;
  readonly cpus: number;
}

async function taskSize({ cpus, threads: asked, strict }: ClusterCommand, { model, base }: Models): Promise<TaskSize> {
  const checkpoint = await openCheckpointFolder(model, { base, strict, onNotice: () => undefined });
  await checkpoint.close();
  const threads = asked ?? threadsFor(checkpoint.config) ?? cpus ?? THREADS;
  const workers = cpus === undefined ? 1 : Math.floor(cpus / threads);
  if (workers === 0) throw new UsageError(`--cpus ${cpus} is less than --threads ${threads}`, "correct one of the two");
  return { workers, threads, cpus: cpus ?? threads };
}

async function dryRun(
  flags: ClusterCommand,
  { args, models, threads }: { readonly args: readonly string[]; readonly models: Models; readonly threads: number },
): Promise<{ readonly plan: ExperimentPlan; readonly dir: string }> {
  const say = (text: string): void => void (flags.quiet || process.stderr.write(`${printableLines(text)}\n`));
  const { plan, dir } = await runApart(
    { ...optionsOf(flags, { args, shard: undefined }), ...models, threads, dryRun: true },
    { signal: new AbortController().signal, notice: say, progress: () => undefined },
  );
  if (plan === null) throw new RangeError("A dry run gave no plan");
  return { plan, dir };
}

/** The run that a cluster is to compute, planned here as the experiment itself plans it. */

import type { Command } from "commander";
import { UsageError } from "../../base/errors.js";
import { packageVersion } from "../../disk/package-version.js";
import type { ExperimentPlan } from "../../experiments/plan/plan.js";
import { runApart } from "../../experiments/work/run-apart.js";
import { openCheckpointFolder } from "../../model/checkpoint/open-folder.js";
import { loadEstimate } from "../../model/latent/load/memory.js";
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
  ["controlModel", "--control-model", "run the control's shards by themselves, with --out RUN/control"],
  ["profile", "--profile", "record a run of a few problems on one machine"],
];

/** Options that merging and analysing have too. */
const MERGED = ["--force", "--latex", "--quiet"];

/** @throws UsageError, and what planning an experiment throws. */
export async function planRun(flags: ClusterCommand, { command, args, own }: Typed): Promise<ClusterRun> {
  const { shards } = flags;
  for (const [key, name, instead] of REFUSED)
    if (flags[key] === true || typeof flags[key] === "string")
      throw new UsageError(`${name} is no option of ${command.name()}`, instead);
  if (shards === undefined)
    throw new UsageError(
      `${command.name()} needs the number of shards, --shards N`,
      "say how many tasks share the run, such as --shards 16",
    );
  const options = passedOn(command, {
    args,
    own: new Set([...own, "--out", "--cpus", "--workers", "--threads", "--json", "--debug", "--no-progress"]),
  });
  const models = { model: await namedModel(flags), ...(await baseFolder(flags.base, flags)) };
  const size = await taskSize(flags, models);
  const { plan, dir } = await dryRun(flags, { args, models, size });
  return {
    options: [...options, "--workers", String(size.workers), "--threads", String(size.threads)],
    out: flags.out ?? dir,
    shards,
    cpus: size.cpus,
    ...taskMemory(plan, size),
    mergeOptions: MERGED.filter((name) => options.includes(name)),
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
  /** The most that loading the model takes. */
  readonly loadBytes: number;
}

async function taskSize(
  { cpus, threads: asked, workers, strict, hold }: ClusterCommand,
  models: Models,
): Promise<TaskSize> {
  const checkpoint = await openCheckpointFolder(models.model, {
    base: models.base,
    strict,
    onNotice: () => undefined,
  });
  await checkpoint.close();
  const several = workers === "auto" ? 1 : workers;
  const share = cpus === undefined ? THREADS : Math.max(1, Math.floor(cpus / several));
  const threads = asked ?? threadsFor(checkpoint.config) ?? share;
  const fitting = cpus === undefined ? several : Math.floor(cpus / threads);
  const used = workers === "auto" ? Math.max(1, fitting) : workers;
  if (cpus !== undefined && used * threads > cpus)
    throw new UsageError(
      `--cpus ${cpus} is less than ${used} × ${threads}, the workers and threads of a task`,
      "correct --cpus, --workers or --threads",
    );
  const loadBytes = loadEstimate(checkpoint, hold).peakBytes;
  return { workers: used, threads, cpus: cpus ?? used * threads, loadBytes };
}

async function dryRun(
  flags: ClusterCommand,
  {
    args,
    models,
    size: { workers, threads },
  }: { readonly args: readonly string[]; readonly models: Models; readonly size: TaskSize },
): Promise<{ readonly plan: ExperimentPlan; readonly dir: string }> {
  const say = (text: string): void => void (flags.quiet || process.stderr.write(`${printableLines(text)}\n`));
  const { plan, dir } = await runApart(
    { ...optionsOf(flags, { args, shard: undefined }), ...models, workers, threads, dryRun: true },
    { signal: new AbortController().signal, notice: say, progress: () => undefined },
  );
  if (plan === null) throw new RangeError("A dry run gave no plan");
  return { plan, dir };
}

/** The script of a Slurm array: one task a shard, and a job that merges them when all have ended well. */

import { UsageError } from "../../base/errors.js";
import { type ClusterRun, experimentWords, mergeWords } from "./cluster-run.js";
import { commandText, supervised } from "./shell.js";

/** What only Slurm is told. */
export interface SlurmChoices {
  readonly name: string;
  /** As `sbatch --time` takes it. */
  readonly time: string;
  readonly partition?: string;
  readonly account?: string;
  /** Folder in which tasks run: relative paths of the options are of it. */
  readonly folder: string;
  /** Node and the program. */
  readonly program: readonly string[];
}

/** Seconds before the end of a task's time at which it is stopped: a batch in hand takes up to 60, and Slurm is up to 60 early. */
export const LEAD_SECONDS = 120;

/** A task that is out of time is queued again; one that gets nowhere ends some time. */
const MOST_RESTARTS = 50;

const RESTARTS = `restarts=\${SLURM_RESTART_COUNT:-0}`;
const TAKE_OVER = 'take_over=; [ "$restarts" = 0 ] || take_over=--take-over';

/** The whole script. @throws UsageError where the folder's name cannot stand in it. */
export function slurmScript(run: ClusterRun, choices: SlurmChoices): string {
  const { shards, cpus, memoryMebibytes, version } = run;
  const log = `${choices.name}-%A_%a.log`;
  return `${[
    "#!/bin/bash",
    `# Written by codilens ${version} for sbatch: ${shards} shards, a task each. To submit single tasks again: sbatch --array=2,3`,
    ...header(choices, { cpus, memoryMebibytes, log }),
    `#SBATCH --array=0-${shards - 1}`,
    `#SBATCH --signal=B:USR1@${LEAD_SECONDS}`,
    "#SBATCH --requeue",
    "#SBATCH --open-mode=append",
    "",
    RESTARTS,
    ...mergeJob(run, choices),
    "",
    "# Slurm has ended a task before it starts it again, maybe on another machine: the folder is free.",
    TAKE_OVER,
    ...supervised(`${commandText([...choices.program, ...experimentWords(run)])} $take_over`, {
      started: [
        "time_up=",
        "# Sent when the time is nearly up. scancel sends SIGTERM, after which nothing starts again.",
        "trap 'time_up=yes; stopped=yes; kill -TERM \"$run\"' USR1",
      ],
      ended: [
        `if [ -n "$time_up" ] && [ "$code" = 143 ] && [ "$restarts" -lt ${MOST_RESTARTS} ]; then`,
        '  scontrol requeue "$SLURM_JOB_ID"',
        "fi",
      ],
    }),
  ].join("\n")}\n`;
}

function header(
  { name, time, partition, account, folder }: SlurmChoices,
  { cpus, memoryMebibytes, log }: Pick<ClusterRun, "cpus" | "memoryMebibytes"> & { readonly log: string },
): string[] {
  if (/[\r\n]/.test(folder))
    throw new UsageError(`The folder's name holds a line break: ${JSON.stringify(folder)}`, "start in another folder");
  const words = [
    `--job-name=${name}`,
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    "--ntasks=1",
    `--cpus-per-task=${cpus}`,
    `--mem=${memoryMebibytes}M`,
    `--time=${time}`,
    `--chdir="${folder.replace(/["\\]/g, "\\$&")}"`,
    `--output=${log}`,
  ];
  return words.map((word) => `#SBATCH ${word}`);
}

/** A task that is restarted asks no second time. */
function mergeJob(run: ClusterRun, choices: SlurmChoices): string[] {
  const { cpus, mergeMemoryMebibytes: memoryMebibytes } = run;
  const log = `${choices.name}-merge-%j.log`;
  const command = commandText([...choices.program, ...mergeWords(run)]);
  return [
    "# The first task asks for the merge, which starts when every task has ended well.",
    'if [ "$SLURM_ARRAY_TASK_ID" = "$SLURM_ARRAY_TASK_MIN" ] && [ "$restarts" = 0 ]; then',
    "  sbatch --dependency=afterok:\"$SLURM_ARRAY_JOB_ID\" --kill-on-invalid-dep=yes <<'MERGE' ||",
    "#!/bin/bash",
    ...header({ ...choices, name: `${choices.name}-merge` }, { cpus, memoryMebibytes, log }),
    RESTARTS,
    TAKE_OVER,
    `exec ${command} $take_over`,
    "MERGE",
    `    echo ${commandText([`No merge could be submitted from here. When all shards are there: ${command}`])} >&2`,
    "fi",
  ];
}

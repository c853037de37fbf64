/** A run that a cluster computes in shards: what its tasks are started with, and what they need. */

/** Everything that a script or a manifest is written from. */
export interface ClusterRun {
  /** The experiment's options as they were typed, without the output folder. */
  readonly options: readonly string[];
  readonly out: string;
  readonly shards: number;
  /** Of one task. */
  readonly cpus: number;
  readonly memoryMebibytes: number;
  /** Of the job that merges the shards and analyses the run. */
  readonly mergeMemoryMebibytes: number;
  /** Options of `codilens merge` beside the folder. */
  readonly mergeOptions: readonly string[];
  readonly version: string;
}

/** Words of a task's command, behind the program. */
export function experimentWords({ options, out }: ClusterRun): string[] {
  return ["experiment", ...options, "--out", out, "--no-progress"];
}

/** Words of the command that puts the shards together, behind the program. */
export function mergeWords({ out, mergeOptions }: ClusterRun): string[] {
  return ["merge", out, ...mergeOptions];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A cluster of one node that a test started. */
export interface TestSlurm {
  /** With which `sbatch` and the others find it. */
  readonly env: Environment;
  /** What its controller says that it did. */
  log(): string;
  /** Cancels what runs, and ends it. */
  stop(): Promise<void>;
}

/** Path of one of Slurm's programs, null where it is not installed. */
export function slurmProgram(name: string, env?: Environment): string | null;

/** Starts it once. @returns `["slurm"]` where it is not installed or does not start, else nothing. */
export function ensureTestSlurm(env?: Environment): Promise<string[]>;

/** Starts it in an empty folder. @param options cores and memory (MiB) of its one node, which need not be there. */
export function startSlurm(
  folder: string,
  options?: { readonly env?: Environment; readonly cores?: number; readonly memory?: number },
): Promise<TestSlurm>;

/** What a run is given beside its options. */

import type { ExperimentRecord } from "../records/record.js";
import type { Crew } from "./work/crew.js";

/** How a run talks and stops, and what computes it. */
export interface RunnerHooks {
  readonly signal: AbortSignal;
  /** Whether the user asked to stop, before `signal` says so. */
  readonly isAsked?: () => boolean;
  readonly notice: (text: string) => void;
  /**
   * Called after each job, and at most once a second within one, with finished and total items, and how many of them were there
   * before; `ahead`: how many the running jobs are worth so far, by their planned token-forwards.
   */
  readonly progress: (done: number, total: number, more: { readonly resumed: number; readonly ahead?: number }) => void;
  /** Called at the end of a run that is not a shard's, unless it was interrupted, with all records in the folder's order. */
  readonly onWhole?: (records: readonly ExperimentRecord[]) => void;
  readonly crew: Crew;
}

/** What a run is given beside its options. */

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
  readonly crew: Crew;
}

/** How far a sweep is, said at most once a second. */

import type { SweepProgress } from "./spec.js";

/** Says how many runs are finished. @param isLast the end is said whenever it comes. */
export type Tell = (done: number, isLast?: boolean) => void;

const SECOND = 1000;

/** @param hear undefined: nobody. */
export function progressTo(hear: ((progress: SweepProgress) => void) | undefined, total: number): Tell {
  let last = performance.now();
  return (done, isLast = false) => {
    const now = performance.now();
    if (hear === undefined || (!isLast && now - last < SECOND)) return;
    last = now;
    hear({ done, total });
  };
}

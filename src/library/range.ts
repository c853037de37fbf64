/** Evenly spaced numbers, as lists for a sweep. */

import { UsageError } from "../base/errors.js";

/** An end that is left out; or a start, an end and a step (default 1; below 0 it counts down). */
type Bounds = readonly [end: number] | readonly [start: number, end: number, step?: number];

/**
 * Numbers from 0 up to an end that is left out; or from a start to an end, by a step.
 *
 * @throws UsageError for a step of 0, and for what is no finite number.
 * @example
 * ```ts
 * range(4) // → [ 0, 1, 2, 3 ]
 * range(4, 16, 4) // → [ 4, 8, 12 ]
 * ```
 */
export function range(...bounds: Bounds): number[] {
  const [start, end, step = 1] = bounds.length === 1 ? [0, bounds[0]] : bounds;
  const wrong = [start, end, step].find((each) => !Number.isFinite(each));
  if (wrong !== undefined || step === 0)
    throw new UsageError(
      `range has a ${wrong === undefined ? "step of 0" : `bound or step of ${wrong}`}, wanted finite numbers and a step other than 0`,
      "write range(16), or range(4, 16, 4)",
    );
  // The tolerance keeps the number of values what it is on paper: (0.3 - 0) / 0.1 is above 3 in doubles.
  const count = Math.max(0, Math.ceil((end - start) / step - 1e-9));
  return Array.from({ length: count }, (_, i) => start + i * step);
}

/** Results of runs with one condition. */

import type { RunResult } from "./run-types.js";

/** @returns the question's only result, so that results keep the places of their questions. @throws RangeError where there is none. */
export function onlyResult([result]: readonly RunResult[], question: number): RunResult {
  if (result === undefined) throw new RangeError(`Question ${question} gave no result`);
  return result;
}

/** How a worker's process reports that it failed. */

import { CodiLensError } from "../../base/errors.js";

export { errorOf, type Failure, failureOf } from "../../base/failure.js";

// What TensorFlow, V8 and C++ say when an allocation fails and the process lives on.
const OUT_OF_MEMORY = /OOM when allocating|TF_Status: 8\b|Array buffer allocation failed|bad_alloc|out of memory/i;

/** Whether an error says that memory could not be had. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && !(error instanceof CodiLensError) && OUT_OF_MEMORY.test(error.message);
}

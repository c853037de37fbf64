/** Errors as data, for another process. */

import { CodiLensError } from "../../base/errors.js";

/** An error as data. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** Of an expected failure, else null. */
  readonly exitCode: number | null;
  readonly hint: string | null;
}

/** An error as data, for the other process. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error))
    return { name: "Error", message: String(error), stack: null, exitCode: null, hint: null };
  const { name, message, stack = null } = error;
  const expected = error instanceof CodiLensError;
  return {
    name,
    message,
    stack,
    exitCode: expected ? error.exitCode : null,
    hint: expected ? (error.hint ?? null) : null,
  };
}

// What TensorFlow, V8 and C++ say when an allocation fails and the process lives on.
const OUT_OF_MEMORY = /OOM when allocating|TF_Status: 8\b|Array buffer allocation failed|bad_alloc|out of memory/i;

/** Whether an error says that memory could not be had. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && !(error instanceof CodiLensError) && OUT_OF_MEMORY.test(error.message);
}

class RemoteError extends CodiLensError {
  override readonly exitCode: number;

  constructor(message: string, hint: string | undefined, exitCode: number) {
    super(message, hint);
    this.exitCode = exitCode;
  }
}

/** The error again, with its exit code, hint and stack. */
export function errorOf({ name, message, stack, exitCode, hint }: Failure): Error {
  const error = exitCode === null ? new Error(message) : new RemoteError(message, hint ?? undefined, exitCode);
  error.name = name;
  if (stack !== null) error.stack = stack;
  return error;
}

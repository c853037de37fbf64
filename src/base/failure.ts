/** Errors as data, for another process or thread. */

import { BadInputError, CodiLensError, EnvironmentError, NumericError, RunFolderError, UsageError } from "./errors.js";
import { openFilesError } from "./open-files.js";

/** An error as data. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** Of an expected failure, else null. */
  readonly exitCode: number | null;
  readonly hint: string | null;
}

/** An error as data, for the other side. */
export function failureOf(given: unknown): Failure {
  // Its code would not come along.
  const error = openFilesError(given) ?? given;
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

/** The error again: of its class where that is ours or the language's, with its exit code, hint and stack. */
export function errorOf(failure: Failure): Error {
  const error = failure.exitCode === null ? unexpected(failure) : expected(failure, failure.exitCode);
  error.name = failure.name;
  if (failure.stack !== null) error.stack = failure.stack;
  return error;
}

const OWN = { BadInputError, EnvironmentError, NumericError, RunFolderError, UsageError };
const NATIVE = { RangeError, SyntaxError, TypeError };

/** Of a class that is not known here. */
class RemoteError extends CodiLensError {
  override readonly exitCode: number;

  constructor(message: string, hint: string | undefined, exitCode: number) {
    super(message, hint);
    this.exitCode = exitCode;
  }
}

function expected({ name, message, hint }: Failure, exitCode: number): Error {
  const given = hint ?? undefined;
  return isKey(OWN, name) ? new OWN[name](message, given) : new RemoteError(message, given, exitCode);
}

function unexpected({ name, message }: Failure): Error {
  return isKey(NATIVE, name) ? new NATIVE[name](message) : new Error(message);
}

function isKey<T extends object>(known: T, name: string): name is Extract<keyof T, string> {
  return Object.hasOwn(known, name);
}

/** Errors as data, and back. */

import { CodiLensError, EXIT } from "../../base/errors.js";
import type { Failure } from "./messages.js";

/** A failure of the worker, as the page's promises reject with it. */
export class LabFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = failure.name;
    this.failure = failure;
  }
}

/** Name of the failure of a call that was cancelled; nothing is shown for it. */
export const CANCELLED = "AbortError";

/** The built page's classes have short names that mean nothing; exit codes stay. */
const CLASSES: Readonly<Record<number, string>> = {
  [EXIT.usage]: "UsageError",
  [EXIT.badInput]: "BadInputError",
  [EXIT.runFolder]: "RunFolderError",
  [EXIT.environment]: "EnvironmentError",
  [EXIT.partial]: "NumericError",
};

/** Any thrown value as a failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LabFailure) return error.failure;
  if (!(error instanceof Error)) return { name: "Error", message: String(error), hint: null };
  const { message } = error;
  const name = error instanceof CodiLensError ? (CLASSES[error.exitCode] ?? "CodiLensError") : error.name;
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : null;
  return { name, message, hint };
}

/** Whether a call ended because it was cancelled. */
export function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === CANCELLED;
}

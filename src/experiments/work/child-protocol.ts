/** What the command and the process that computes for it say to each other. Plain data, one question at a time. */

import { CodiLensError } from "../../base/errors.js";
import type { Fingerprint } from "../../records/fingerprint.js";
import type { Manifest } from "../../records/manifest.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { ItemError } from "../../records/store.js";
import type { ExperimentOptions } from "../plan/options.js";
import type { ExperimentOutcome, RunnerHooks } from "../runner.js";
import type { Begun, Trouble } from "./isolation.js";

/** Answered by the parent, in the order in which they come. */
export type Question =
  | { readonly kind: "open"; readonly dir: string; readonly fingerprint: Fingerprint }
  | { readonly kind: "begin"; readonly begun: Begun }
  | { readonly kind: "append"; readonly records: readonly ExperimentRecord[] }
  | { readonly kind: "manifest"; readonly manifest: Manifest }
  | { readonly kind: "seal"; readonly order: readonly string[] };

/** From the computing process. */
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "progress"; readonly counts: Parameters<RunnerHooks["progress"]> }
  | Question
  | { readonly kind: "outcome"; readonly outcome: ExperimentOutcome }
  | { readonly kind: "failure"; readonly failure: Failure }
  /** It could not have any more memory and ends; nothing that it holds can be relied on. */
  | { readonly kind: "exhausted" };

/** What is in a run folder that was opened. */
export interface OpenedFolder {
  readonly keys: readonly string[];
  /** Errors of the failed ones, by their keys. */
  readonly failures: Readonly<Record<string, ItemError>>;
}

/** To the computing process. */
export type FromParent =
  | { readonly kind: "start"; readonly options: ExperimentOptions; readonly trouble: Trouble | null }
  | { readonly kind: "stop" }
  | { readonly kind: "answer"; readonly opened: OpenedFolder | null }
  | { readonly kind: "refusal"; readonly failure: Failure };

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

/** The limit of open files, which may be met wherever a file is opened. */

import { EnvironmentError } from "./errors.js";

const HINTS: Readonly<Record<string, string>> = {
  EMFILE: "raise the limit, for instance with `ulimit -n 1024`; then run the same command again",
  ENFILE: "close other programs, or let this machine open more files; then run the same command again",
};

/**
 * The error of a process, or a machine, that has as many files open as it may; null for any other error. What was being opened is not at
 * fault, so that no file is named.
 */
export function openFilesError(error: unknown): EnvironmentError | null {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (code !== "EMFILE" && code !== "ENFILE") return null;
  const whose = code === "EMFILE" ? "this process" : "this machine";
  return new EnvironmentError(`Too many files are open: ${whose} may open no more (${code})`, HINTS[code], {
    cause: error,
  });
}

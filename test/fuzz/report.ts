/** What a part of the fuzzer is given and gives back, and what makes a refusal a good one. */

import { createHash } from "node:crypto";
import { CodiLensError, EXIT } from "../../src/base/errors.js";
import type { Reference } from "./reference.js";

/** What a part is given. */
export interface Part {
  readonly seed: number;
  /** Most cases. */
  readonly cases: number;
  /** Time (`Date.now`) after which no new case begins. */
  readonly until: number;
  /** Null: no Python; what needs it is left out. */
  readonly reference: Reference | null;
}

/** A case that breaks a demand. */
export interface Finding {
  readonly part: string;
  readonly index: number;
  readonly what: string;
  /** Name under which it is kept in `test/fixtures/fuzz/<part>`. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What a part gives back. */
export interface PartResult {
  readonly table: Table;
  readonly findings: readonly Finding[];
}

/** @param verdict first word of the file's name: what the reference says of it. */
export function asFinding(part: string, index: number, what: string, bytes: Uint8Array, verdict: string): Finding {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  return { part, index, what, bytes, file: `${verdict}-${hash}.bin` };
}

/** Counts of verdicts and of differences by class. */
export class Table {
  readonly verdicts = new Map<string, number>();
  readonly differences = new Map<string, number>();
  /** Further lines for the report. */
  readonly notes: string[] = [];

  count(verdict: string): void {
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
  }

  difference(name: string): void {
    this.differences.set(name, (this.differences.get(name) ?? 0) + 1);
  }

  /** Cases counted. */
  get cases(): number {
    return [...this.verdicts.values()].reduce((sum, n) => sum + n, 0);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const MOST_CHARACTERS = 2000;

/** A refusal must be of our own class, with exit code 3, in one line. @returns what is wrong with it, or null. */
export function refusalFault(error: unknown): string | null {
  if (!(error instanceof CodiLensError))
    return `no error of ours: ${error instanceof Error ? error.stack : String(error)}`;
  const { exitCode, message } = error;
  if (exitCode !== EXIT.badInput) return `exit code ${exitCode}, wanted ${EXIT.badInput}: ${message}`;
  if (UNPRINTABLE.test(message))
    return `a message of more than one line or with control characters: ${JSON.stringify(message)}`;
  if (message.length > MOST_CHARACTERS) return `a message of ${message.length} characters: ${message.slice(0, 200)}…`;
  return null;
}

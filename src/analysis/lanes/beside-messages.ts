/** What the main thread and the one of a control model's run say to each other. */

import type { Failure } from "../../base/failure.js";
import type { Finding, ProblemUnit } from "../../studies/finding.js";

/** A finding as data: what each problem adds to its numbers is asked for by the number's key. */
export interface SentFinding extends Omit<Finding, "units"> {
  readonly hasUnits: boolean;
}

/** Keys of a finding's numbers, by its name. */
export type AskedUnits = ReadonlyMap<string, readonly string[]>;
/** What each problem adds to them: by name, then by key. */
export type FoundUnits = ReadonlyMap<string, ReadonlyMap<string, readonly ProblemUnit[] | null>>;

/** What the thread is started with. */
export interface BesideData {
  /** The control's folder. */
  readonly dir: string;
}

/** To the thread, once its findings are there. */
export interface ToBeside {
  readonly units: AskedUnits;
}

/** From it: the findings, then what was asked of them. */
export type FromBeside =
  | { readonly findings: readonly SentFinding[] }
  | { readonly units: FoundUnits }
  | { readonly failure: Failure };

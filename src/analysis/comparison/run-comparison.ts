/** What is said of two runs on the same problems. */

import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import type { JudgedFamily } from "../../statistics/family.js";
import type { PairedCounts } from "../../statistics/proportion-interval.js";

/** One condition in both runs, over the problems that have it in both. */
export interface ComparedCondition {
  /** `baseline`, `latent 2 zeroed`, or `study: condition`. */
  readonly condition: string;
  /** A control is shown beside the others, not tested with them. */
  readonly role: "planned" | "exploratory" | "control";
  readonly counts: PairedCounts;
  readonly n: number;
  /** Share right in the first less share right in the second (Newcombe, paired). */
  readonly difference: Estimate;
  readonly mcnemar: PValue;
  /** Planned ones among themselves, exploratory ones over planned and exploratory ones. */
  readonly mcnemarHolm: PValue;
  /** Of the expected number, nats, first less second: its log-probability in the baseline, elsewhere the change against the own baseline. */
  readonly logProb: Estimate;
  readonly signFlip: PValue;
  readonly signFlipHolm: PValue;
}

/** What is said of two runs. */
export interface RunComparison {
  readonly first: string;
  readonly second: string;
  /** Model, protocol and block of each. */
  readonly described: readonly [string, string];
  readonly protocol: AnyProtocol;
  /** Of each, where they differ. */
  readonly protocols?: readonly [AnyProtocol, AnyProtocol];
  readonly testMode: boolean;
  readonly shared: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly conditions: readonly ComparedCondition[];
  /** Conditions that only one of the runs has. */
  readonly unmatched: readonly [number, number];
  readonly families: readonly JudgedFamily[];
  /** Of bootstrap and sign flips. */
  readonly seed: number;
  readonly sentence: string;
  readonly notices: readonly string[];
}

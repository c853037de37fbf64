/** A problem to solve, and the strata that problems fall into. */

import type { Expected } from "../../model/latent/answer/kind.js";

/** The strata of the original study. */
export const LEVELS = ["2-step", "3-step", "4-step", "5+step"] as const;

/** Every stratum, in the order in which problems are drawn; `unknown` where nothing says how many steps a solution has. */
export const STRATA = ["1-step", ...LEVELS, "unknown"] as const;

/** Difficulty by number of solution steps. */
export type Stratum = (typeof STRATA)[number];

/** One problem. */
export interface Problem {
  readonly id: string;
  readonly question: string;
  /** A number; or an option's letter, or a truth value. */
  readonly expected: Expected;
  readonly difficulty: Stratum;
  /**
   * Values of the solution's steps in order, in the same places as `equations`; null where a step's value is no number that can be read
   * exactly. Left out where the file marks no steps.
   */
  readonly steps?: readonly (number | null)[];
  /** The marked steps as they stand: `48/2=24`. */
  readonly equations?: readonly string[];
  /** A question of the same token length whose run is patched into this one's; left out, one is made. */
  readonly counterfactual?: string;
}

/** A problem and its place in the sampled set. */
export interface Numbered {
  readonly problem: Problem;
  readonly index: number;
}

/** How a data file was read; kept in the manifest. */
export interface Reading {
  /** What the file is: `JSONL`, `JSON array`, `text`, `parquet`; with `gzip of` before it where it was packed. */
  readonly kind: string;
  /** The form of its rows by name: `GSM8K`, `SVAMP` … */
  readonly form: string;
  /** Fields that hold the question, joined by a blank, and the answer. */
  readonly question: string;
  readonly answer: string;
  /** Field that holds the steps; null where the file has none. */
  readonly steps: string | null;
}

/** What a data file held. */
export interface ProblemSet {
  readonly problems: readonly Problem[];
  /** Rows left out under `skip`, with their reason. */
  readonly skipped: readonly { readonly line: number; readonly reason: string }[];
  /** SHA-256 of the file as it lies on the disk. */
  readonly sha256: string;
  readonly reading: Reading;
}

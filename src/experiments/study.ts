/** What a study is to the runner: conditions as data. */

import type { Condition } from "../model/codi/run-types.js";
import { type Intervention, parseIntervention } from "../model/hooks/interventions.js";

/** What a study's conditions are made for. */
export interface StudyContext {
  /** Block whose output is changed where the study does not go through all of them (`--ablate-layer`). */
  readonly layer: number;
  /** Blocks of the model. */
  readonly depth: number;
  readonly latents: number;
  readonly protocol: "codi" | "seed";
}

/** One condition of a study. */
export interface StudyCondition extends Condition {
  /** Name of its study; `baseline` for the one without interventions. */
  readonly study: string;
  /** The latent that `token-ablation` zeroes; null in all others. */
  readonly latent: number | null;
  /** What sets it apart within its study, for the analysis: names as the study's figure and table use them. */
  readonly factors: Readonly<Record<string, number | string>>;
  /**
   * Interventions that depend on the question's tokens; `interventions` then only stands for their kind in plans.
   *
   * @param tokens text of each position of `question`, BOS first.
   * @returns none where the question has nothing of the kind: the record then says so by an empty list, and counts nowhere.
   */
  readonly forQuestion?: (tokens: readonly string[]) => readonly Intervention[];
  /** Must not change anything: a run of it that gives another answer is a failure, not a result. */
  readonly isIdentity?: boolean;
}

/** One study. A new one is a file in `studies`, its place in `studies/index.ts` and its question in `studies/names.ts`. */
export interface Study {
  readonly name: string;
  /** Conditions beside the baseline, which all studies share. */
  readonly conditions: (context: StudyContext) => readonly StudyCondition[];
}

/** A condition by the texts of its interventions. */
export function condition(
  study: string,
  name: string,
  interventions: readonly string[],
  factors: StudyCondition["factors"],
): StudyCondition {
  return { study, name, latent: null, factors, interventions: interventions.map(parseIntervention) };
}

/** 0 to n − 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

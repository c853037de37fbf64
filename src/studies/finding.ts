/** What the analysis says of a study beside the main one. */

import type { BootstrapInterval } from "../statistics/clustered-bootstrap.js";
import type { Estimate, PValue, Rate } from "../statistics/estimate.js";
import type { LayerLensSummary } from "./lens/layers.js";
import type { PatchingSummary } from "./patching/summary.js";
import type { ResidualSummary } from "./residual/summary.js";
import type { KnockoutEffect } from "./shared/knockout-effects.js";
import type { AttentionPrediction } from "./shared/knockout-predictions.js";
import type { LensMap, StudyRow } from "./shared/rows.js";
import type { StoryFigure } from "./story.js";

/** One condition over all problems. */
export interface StudyCondition {
  readonly condition: string;
  readonly factors: StudyRow["factors"];
  readonly right: Rate;
  /** Baseline right → wrong, of the baseline-right problems. */
  readonly broken: Rate;
  /** Share right less the baseline's share, with Newcombe's paired interval. */
  readonly riskDifference: Estimate;
  readonly mcnemar: PValue;
  /** Shown beside the effects (a factor `control`): not tested with them. */
  readonly isControl: boolean;
  /** Over the conditions of the study that are no controls; those where no answer changed could not have been found and do not count (Tarone 1990). */
  readonly mcnemarHolm: PValue;
  readonly deltaLogProb: Estimate;
  readonly kl: Estimate;
  /** KL at the answer's first token, of `corruption`, where it was recorded. */
  readonly klAtFirst?: Estimate;
  /** Of knockouts, where it was recorded. */
  readonly knockout?: KnockoutEffect;
}

/** Exact Shapley values of the latents, of the share of right answers. */
export interface LatentShares {
  readonly values: readonly BootstrapInterval[];
  readonly total: BootstrapInterval;
  /** What each pair does beyond its parts (Shapley interaction), the strongest first; none with less than two latents. */
  readonly pairs: readonly { readonly latents: readonly [number, number]; readonly interval: BootstrapInterval }[];
  readonly problems: number;
}

/** One study. */
export interface StudySummary {
  readonly name: string;
  readonly question: string;
  readonly conditions: readonly StudyCondition[];
  /** Axes of its figure; null where it has none, or one of its own. */
  readonly figure: StoryFigure | null;
  /** Of `subsets`, where every subset was run. */
  readonly shares: LatentShares | null;
  /** Of `lens`. */
  readonly lens: LensMap | null;
  /** Of `lens`, layer by layer; not of runs before it was recorded. */
  readonly layerLens?: LayerLensSummary;
  /** Of `patching`. */
  readonly patching?: PatchingSummary;
  /** Of `residual`. */
  readonly residual?: ResidualSummary;
  /** The answer in words, with interval and n. */
  readonly sentence: string;
  /** Of knockouts: whether attention goes with their effects; not of runs before it was recorded. */
  readonly predictions?: readonly AttentionPrediction[];
  /** Conditions that the run's problems could not have, and why; where there are any. */
  readonly leftOut?: { readonly conditions: readonly string[]; readonly reason: string };
  /** What the numbers cannot show; null where the study does not say. */
  readonly caveat: string | null;
}

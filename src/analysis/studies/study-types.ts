/** What the analysis says of a study beside the main one. */

import type { StoryFigure } from "../../experiments/story.js";
import type { BootstrapInterval } from "../statistics/clustered-bootstrap.js";
import type { Estimate, PValue, Rate } from "../summary-types.js";
import type { AttentionPrediction } from "./attention-predictions.js";
import type { KnockoutEffect } from "./knockouts.js";
import type { LayerLensSummary } from "./layer-lens.js";
import type { PatchingSummary } from "./patching.js";
import type { ResidualSummary } from "./residual.js";

/** One problem under one condition of a study. */
export interface StudyRow {
  readonly study: string;
  readonly condition: string;
  readonly factors: Readonly<Record<string, number | string>>;
  readonly problemId: string;
  readonly baselineCorrect: boolean;
  readonly correct: boolean;
  /** Change of the expected number's log-probability, nats; null where it was not measured. */
  readonly deltaLogProb: number | null;
  readonly kl: number | null;
  /** At the answer's first token; only where it was recorded. */
  readonly first?: FirstToken;
  /** By latent, relative change of its state after the last block; only where it was recorded. */
  readonly latentChange?: readonly (number | null)[];
  /** By block, share of the reader's attention in the baseline that is cut; likewise. */
  readonly cutAttention?: readonly number[];
}

/** What happens where the answer's first token is predicted. */
export interface FirstToken {
  /** KL from the baseline, nats. */
  readonly kl: number | null;
  /** Whether it is the baseline's own. */
  readonly isSame: boolean;
  /** Its text in the baseline, and its probability there. */
  readonly text: string;
  readonly probability: number;
}

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

/** What one problem's baseline says. */
export interface LensRow {
  /** Text of the head's first choice at BOT, then after each latent. */
  readonly said: readonly string[];
  /** Values of the solution's steps. */
  readonly steps: readonly number[];
}

/** How often a position names a value. */
export interface LensCell {
  readonly position: string;
  /** `step 1` …, or `answer`. */
  readonly target: string;
  readonly hits: number;
  /** Problems that have such a step. */
  readonly n: number;
  readonly rate: Estimate;
  /** Share of hits on the labels of other problems; null with fewer than two. */
  readonly chance: number | null;
}

/** Positions by targets. */
export interface LensMap {
  readonly cells: readonly LensCell[];
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
  /** What the numbers cannot show; null where the study does not say. */
  readonly caveat: string | null;
}

/** The main study's statistics: by latent, by layer, and by measure. */

import { holm } from "../../statistics/holm.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { conditionOutcomes } from "../../studies/shared/condition-outcomes.js";
import type { LatentSummary, RunData, Summary } from "../summary-types.js";
import {
  type CorrelationInput,
  correlationSummaries,
  type LayerInput,
  layerInputs,
  layerSummary,
} from "./correlations.js";
import { type MeasureInput, measureInputs, measureSummary } from "./measures.js";

/** What takes the time of the main study. */
export type MainStatistics = Pick<Summary, "latents" | "correlations" | "measures">;

/** What the statistics are made from. */
export type MainData = Pick<RunData, "rows" | "layers" | "latents" | "seed">;

/** Tasks that need nothing of each other. */
export interface MainInputs {
  readonly layers: readonly LayerInput[];
  readonly measures: readonly MeasureInput[];
}

/** What can be computed on other threads. */
export function mainInputs(data: MainData): MainInputs {
  const used = data.rows.filter(({ baselineCorrect }) => baselineCorrect);
  return { layers: layerInputs(used, scopeOf(data)), measures: measureInputs(used, data.seed) };
}

/** All statistics, one after the other. */
export function mainStatistics(data: MainData): MainStatistics {
  const { layers, measures } = mainInputs(data);
  return {
    latents: latentSummaries(data),
    correlations: correlationSummaries(layers.map(layerSummary)),
    measures: measures.map(measureSummary),
  };
}

/** Without the token ablation there is nothing to say of it, or of attention beside it. */
export function scopeOf({ rows, layers, latents, seed }: MainData): CorrelationInput {
  if (rows.length === 0) return { layers: [], latents: [], seed };
  return { layers, latents: Array.from({ length: latents }, (_, latent) => latent), seed };
}

/** What zeroing each latent changes. */
export function latentSummaries(data: MainData): LatentSummary[] {
  const { rows } = data;
  const { latents, layers, seed } = scopeOf(data);
  const plain = latents.map((latent) => {
    const mine = rows.filter((row) => row.latent === latent);
    const { right: _, ...outcomes } = conditionOutcomes(
      mine.map((row) => ({ ...row, correct: row.stillCorrect })),
      seed,
    );
    return {
      latent,
      ...outcomes,
      attention: Object.fromEntries(
        layers.map((layer) => [
          `layer_${layer}`,
          meanEstimate(
            mine.flatMap((row) => row.attention.get(layer)?.eot ?? []),
            seed,
          ),
        ]),
      ),
    };
  });
  const adjusted = holm(plain.map(({ mcnemar }) => mcnemar));
  return plain.map((summary, i) => ({ ...summary, mcnemarHolm: adjusted[i] ?? summary.mcnemar }));
}

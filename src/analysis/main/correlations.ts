/** Attention against importance, layer by layer. */

import { type ClusteredRows, clusteredRows } from "../../statistics/clustered-rows.js";
import { type ConditionalLogit, conditionalLogit } from "../../statistics/conditional-logit.js";
import { correlationInterval, testedCorrelation } from "../../statistics/correlation-interval.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import { holm } from "../../statistics/holm.js";
import { pOf } from "../../statistics/permutation.js";
import type { AnalysisRow, CorrelationSummary } from "../summary-types.js";

/** What attention is compared with importance for. */
export interface CorrelationInput {
  readonly latents: readonly number[];
  readonly layers: readonly number[];
  /** Of bootstrap and permutations. */
  readonly seed: number;
}

/** What one layer is summed up from: plain data, for any thread. */
export interface LayerInput extends Omit<CorrelationInput, "layers"> {
  readonly layer: number;
  readonly measured: readonly MeasuredRow[];
}

/** A row, as far as it concerns one layer. */
interface MeasuredRow {
  readonly row: Pick<AnalysisRow, "problemId" | "latent" | "importance">;
  /** Attention from EOT to the latent. */
  readonly x: number;
}

/** A layer by itself. */
export type LayerSummary = Omit<CorrelationSummary, "withinPositionHolm">;

/** One input a layer. @param used rows of problems with a right baseline. */
export function layerInputs(used: readonly AnalysisRow[], { layers, latents, seed }: CorrelationInput): LayerInput[] {
  return layers.map((layer) => ({ layer, latents, seed, measured: measuredAt(layer, used) }));
}

function measuredAt(layer: number, used: readonly AnalysisRow[]): MeasuredRow[] {
  return used.flatMap(({ problemId, latent, importance, attention }) => {
    const read = attention.get(layer);
    return read === undefined ? [] : [{ row: { problemId, latent, importance }, x: read.eot }];
  });
}

/** All layers, adjusted for each other. */
export function correlationSummaries(plain: readonly LayerSummary[]): CorrelationSummary[] {
  const adjusted = holm(plain.map(({ permutation }) => permutation.withinPosition));
  return plain.map((summary, i) => ({
    ...summary,
    withinPositionHolm: adjusted[i] ?? summary.permutation.withinPosition,
  }));
}

/** One layer. */
export function layerSummary({ layer, measured, latents, seed }: LayerInput): LayerSummary {
  const pairs = (latent?: number): ClusteredRows =>
    clusteredRows(
      measured
        .filter(({ row }) => latent === undefined || row.latent === latent)
        .map(({ row, x }) => ({ problem: row.problemId, position: row.latent, x, y: row.importance })),
    );
  const rows = pairs();
  const withinPosition = testedCorrelation(rows, "within-position", { seed });
  const withinProblem = testedCorrelation(rows, "within-problem", { seed });
  const twoWay = testedCorrelation(rows, "two-way", { seed });
  const logit = conditionalLogit(
    measured.map(({ row, x }) => ({
      stratum: row.problemId,
      event: row.importance === 1,
      x,
      position: row.latent,
    })),
  );
  return {
    layer,
    medianAttention: medianOf(measured.map(({ x }) => x)),
    pooled: correlationInterval(rows, "pooled", { seed }),
    withinPosition: withinPosition.interval(),
    withinProblem: withinProblem.interval(),
    twoWay: twoWay.interval(),
    permutation: {
      withinPosition: pOf(withinPosition.test()),
      withinProblem: pOf(withinProblem.test()),
      twoWay: pOf(twoWay.test()),
    },
    oddsRatio: ratioOf(logit, measured.length),
    oddsRatioTests: {
      score: testOf(logit, ({ score }) => score),
      likelihoodRatio: testOf(logit, ({ likelihoodRatio }) => likelihoodRatio),
      wald: testOf(logit, ({ wald }) => wald),
    },
    byLatent: latents.map((latent) => ({ latent, r: correlationInterval(pairs(latent), "within-position", { seed }) })),
  };
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return lower === undefined || upper === undefined ? null : (lower + upper) / 2;
}

// An interval over more orders of magnitude tells of a few rows that all but separate the outcomes, not of attention.
const WIDEST = 1e12;
const SEPARATED = { kind: "undefined", reason: "not estimable (separation)" } as const;

function ratioOf(logit: ConditionalLogit, n: number): Estimate {
  if (logit.kind === "undefined") return logit.separated ? SEPARATED : { kind: "undefined", reason: logit.reason };
  const { oddsRatio: value, low, high } = logit;
  return high / low < WIDEST ? { kind: "value", value, low, high, n } : SEPARATED;
}

function testOf(logit: ConditionalLogit, pick: (fitted: ConditionalLogit & { kind: "value" }) => PValue): PValue {
  return logit.kind === "value" ? pick(logit) : { kind: "undefined", reason: logit.reason };
}

/** Statistics for data that hang together by problem, as `codilens/statistics`: neither tensors nor Node, the same result for the same seed. */

export { benjaminiHochberg } from "./statistics/benjamini-hochberg.js";
export {
  type BootstrapInterval,
  type BootstrapOptions,
  clusteredBootstrap,
  type SampleStatistic,
} from "./statistics/clustered-bootstrap.js";
export {
  type Centring,
  type CorrelationOptions,
  clusteredCorrelation,
  type VariableNames,
} from "./statistics/clustered-correlation.js";
export { type ClusteredRows, clusteredRows, type PairRow } from "./statistics/clustered-rows.js";
export { type ConditionalLogit, conditionalLogit, type LogitRow } from "./statistics/conditional-logit.js";
export { correlationInterval } from "./statistics/correlation-interval.js";
export type { Sums } from "./statistics/drawn-totals.js";
export type { Counts } from "./statistics/draws.js";
export { cohenDz, cohenH, oddsRatio } from "./statistics/effect-size.js";
export type { Estimate, PValue, Rate } from "./statistics/estimate.js";
export {
  declareFamily,
  type FamilyDeclaration,
  type JudgedFamily,
  type JudgedHypothesis,
  judgeFamily,
} from "./statistics/family.js";
export { type FoldDraws, foldDraws } from "./statistics/fold-draws.js";
export { holm } from "./statistics/holm.js";
export { linearProbe, type ProbeData, type ProbeOptions, type ProbeResult } from "./statistics/linear-probe.js";
export { mcnemarExact, mcnemarMidP, mcnemarOddsRatio } from "./statistics/mcnemar.js";
export { meanEstimate } from "./statistics/mean-estimate.js";
export {
  compareNumbers,
  compareOutcomes,
  type NumberComparison,
  type OutcomeComparison,
  type PairedNumber,
  type PairedOutcome,
  type RatioPart,
  signFlipTest,
} from "./statistics/paired-runs.js";
export { type PartialRow, partialCorrelation } from "./statistics/partial-correlation.js";
export { type Correlation, pearson, pearsonP, withinGroups } from "./statistics/pearson.js";
export {
  type Exchange,
  type PermutationOptions,
  type PermutationResult,
  permutationTest,
  pOf,
} from "./statistics/permutation.js";
export {
  type CorrelationDesign,
  correlationPower,
  correlationProblems,
  type McnemarDesign,
  mcnemarPower,
  mcnemarProblems,
} from "./statistics/power.js";
export {
  type Count,
  clopperPearson,
  newcombeIndependent,
  newcombePaired,
  type PairedCounts,
  wilson,
} from "./statistics/proportion-interval.js";
export { type Coefficient, type Regression, regression } from "./statistics/regression.js";
export type { Features } from "./statistics/ridge-fits.js";
export { type Interaction, type ShapleyResult, shapley } from "./statistics/shapley.js";
export { type SmoothStatistic, studentizedBootstrap } from "./statistics/studentized-bootstrap.js";

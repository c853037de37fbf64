/** Statistics for data that hang together by problem, as `codilens/statistics`: neither tensors nor Node, the same result for the same seed. */

export { benjaminiHochberg } from "./benjamini-hochberg.js";
export { type BootstrapInterval, type BootstrapOptions, clusteredBootstrap } from "./clustered-bootstrap.js";
export { type Centring, type CorrelationOptions, clusteredCorrelation } from "./clustered-correlation.js";
export { type ClusteredRows, clusteredRows, type PairRow } from "./clustered-rows.js";
export { type ConditionalLogit, conditionalLogit, type LogitRow } from "./conditional-logit.js";
export { correlationInterval } from "./correlation-interval.js";
export { cohenDz, cohenH, oddsRatio } from "./effect-size.js";
export type { Estimate, PValue, Rate } from "./estimate.js";
export { declareFamily, type FamilyDeclaration, type JudgedFamily, judgeFamily } from "./family.js";
export { type FoldDraws, foldDraws } from "./fold-draws.js";
export { holm } from "./holm.js";
export { linearProbe, type ProbeData, type ProbeOptions, type ProbeResult } from "./linear-probe.js";
export { mcnemarExact, mcnemarMidP, mcnemarOddsRatio } from "./mcnemar.js";
export { meanEstimate } from "./mean-estimate.js";
export { compareNumbers, compareOutcomes, type PairedNumber, type PairedOutcome, signFlipTest } from "./paired-runs.js";
export { type PartialRow, partialCorrelation } from "./partial-correlation.js";
export { type Correlation, pearson, pearsonP, withinGroups } from "./pearson.js";
export { type Exchange, type PermutationResult, permutationTest, pOf } from "./permutation.js";
export {
  type CorrelationDesign,
  correlationPower,
  correlationProblems,
  type McnemarDesign,
  mcnemarPower,
  mcnemarProblems,
} from "./power.js";
export { clopperPearson, newcombeIndependent, newcombePaired, wilson } from "./proportion-interval.js";
export { type Coefficient, type Regression, regression } from "./regression.js";
export { type ShapleyResult, shapley } from "./shapley.js";
export { type SmoothStatistic, studentizedBootstrap } from "./studentized-bootstrap.js";

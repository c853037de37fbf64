/** CodiLens: read, replace and measure every latent of a model that reasons in them. */

import { fetchHubModel } from "./hub/hub-model.js";
import { setHubFetcher } from "./model/checkpoint/model-names.js";

setHubFetcher(fetchHubModel);

export {
  BadInputError,
  CodiLensError,
  EnvironmentError,
  NumericError,
  RunFolderError,
  UsageError,
} from "./base/errors.js";
export type { Cell, Cells } from "./exhibits/cells.js";
export type { Column } from "./exhibits/columns.js";
export type { FigureExhibit, TableExhibit, TableFile } from "./exhibits/exhibit.js";
export type { FigureSpec } from "./exhibits/figure.js";
export type { Graph, GraphEdge, GraphNode } from "./exhibits/graph.js";
export type { ColumnType } from "./exhibits/parquet.js";
export type { RowKeys, TableData } from "./exhibits/table.js";
export type { ExperimentOptions } from "./experiments/plan/options.js";
export type { CrewPlan, ExperimentPlan, ShardPlan } from "./experiments/plan/plan.js";
export type { FieldNames } from "./experiments/problems/form.js";
export type { Problem, Stratum } from "./experiments/problems/problem.js";
export type { ExperimentOutcome } from "./experiments/runner.js";
export type { MergeOptions, MergeOutcome } from "./experiments/shards/merge.js";
export { CodiModel, CodiModel as LatentModel } from "./library/codi-model.js";
export { Drawing } from "./library/drawing.js";
export { mergeShards, type ShardsOptions } from "./library/merge-shards.js";
export { loadProblems, type ProblemOptions, type WrittenProblem } from "./library/problems.js";
export { range } from "./library/range.js";
export {
  type ExperimentProgress,
  type ExperimentRunOptions,
  type ExperimentSettings,
  runExperiment,
} from "./library/run-experiment.js";
export { type AttentionViewOptions, attentionView } from "./library/show/attention-view.js";
export { type LensViewOptions, lensView } from "./library/show/lens-view.js";
export { type Showable, type ShownRow, show } from "./library/show/show.js";
export { type MediaBundle, Shown, type ShownParts } from "./library/show/shown.js";
export type { SweepData } from "./library/sweep/data.js";
export { openSweep } from "./library/sweep/open.js";
export type { HeatMapOptions, SeriesOptions } from "./library/sweep/result.js";
export { type FailedRun, type SweepCell, SweepResult, type TestOptions } from "./library/sweep/result.js";
export type {
  AxisValue,
  BaselineRow,
  BuiltInMeasure,
  BuiltInMeasures,
  CellOf,
  Chosen,
  ComparedMeasure,
  ControlName,
  CountedName,
  DefaultMeasure,
  Measure,
  MeasuredValues,
  NameOf,
  Over,
  OwnMeasure,
  ShownValue,
  SomeCells,
  SweepOptions,
  SweepProblem,
  SweepProgress,
  SweepRow,
  SweepSpec,
  SweepStory,
  Unsaid,
  ValueOf,
} from "./library/sweep/spec.js";
export type { SweepTest } from "./library/sweep/statistics.js";
export { type ByteSource, type CheckpointFiles, filesFromBytes } from "./model/checkpoint/source.js";
export { type TensorToWrite, writeSafetensors } from "./model/checkpoint/write-safetensors.js";
export {
  type Address,
  type AddressLike,
  type AddressText,
  at,
  formatAddress,
  type NumberAddress,
  type Part,
  type PartAddress,
  type PointAddress,
  parseAddress,
  type SpanAddress,
} from "./model/hooks/address.js";
export type { Doable, Numbers } from "./model/hooks/bound.js";
export {
  type AddOptions,
  add,
  type PatchOptions,
  type ProjectOptions,
  patch,
  project,
  type ReplaceOptions,
  replace,
  type SwapOptions,
  swap,
} from "./model/hooks/bound-operations.js";
export { formatHook, type Hook, type HookFunction, type HookInfo, type HookOptions, hook } from "./model/hooks/hook.js";
export {
  formatIntervention,
  type Intervention,
  interventionSchema,
  parseIntervention,
} from "./model/hooks/interventions.js";
export {
  type AxesOf,
  allSites,
  type BlockSite,
  blockSite,
  type FeatureSite,
  type GlobalSite,
  type ParsedSite,
  parseSite,
  type SiteModel,
  type SiteName,
  type SiteNameOf,
  type SiteTensor,
} from "./model/hooks/names.js";
export type { Operation } from "./model/hooks/operation.js";
export type { ScopeOptions, Where } from "./model/hooks/operation-options.js";
export {
  type KnockoutOptions,
  knockout,
  mean,
  type NoiseOptions,
  noise,
  random,
  resample,
  type ScaleOptions,
  scale,
  shuffle,
  zero,
} from "./model/hooks/operations.js";
export type { Scope } from "./model/hooks/scope.js";
export { type BlockSites, type Sites, site } from "./model/hooks/site.js";
export { isCorrect, type ParsedAnswer, parseAnswer } from "./model/latent/answer/number.js";
export type { LoadOptions } from "./model/latent/codi-model.js";
export type { AxisNames } from "./model/latent/labelled/axes.js";
export { type LabelledParts, LabelledTensor, type Nested } from "./model/latent/labelled/labelled-tensor.js";
export type { ProtocolName as Protocol } from "./model/latent/protocols/names.js";
export { Runs } from "./model/latent/runs.js";
export { loadSae, type SaeOptions } from "./model/latent/sae/load-sae.js";
export { type ReadSaeOptions, readSae } from "./model/latent/sae/read-sae.js";
export { SparseAutoencoder } from "./model/latent/sae/sparse-autoencoder.js";
export type * from "./model/latent/types.js";
export type { EngineChoice, EngineInfo } from "./model/tensor/engine.js";
export type { AvailableMemory } from "./model/tensor/engines/host.js";
export type { Hold } from "./model/tensor/hold-names.js";
export { type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, tf } from "./model/tensor/tf.js";
export type { Shard } from "./records/shard.js";
export type { Estimate } from "./statistics/estimate.js";
export type { PlannedHook, StudyCondition } from "./studies/condition.js";
export { namePositions, numberPositions, operationPositions } from "./studies/question-to-latent/question-words.js";
export type { RunFacts } from "./studies/read-context.js";
export type { PlannedCondition, Study, StudyContext } from "./studies/study.js";
export type * from "./studies/types.js";

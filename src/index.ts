/** CodiLens: read, replace and measure every latent of a CODI model. */

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
export type { ExperimentOptions } from "./experiments/plan/options.js";
export type { ExperimentPlan } from "./experiments/plan/plan.js";
export type { FieldNames } from "./experiments/problems/form.js";
export type { Problem, Stratum } from "./experiments/problems/problem.js";
export type { ExperimentOutcome } from "./experiments/runner.js";
export { CodiModel } from "./library/codi-model.js";
export { Drawing } from "./library/drawing.js";
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
export { type Showable, show } from "./library/show/show.js";
export { type MediaBundle, Shown, type ShownParts } from "./library/show/shown.js";
export type { SweepData } from "./library/sweep/data.js";
export { openSweep } from "./library/sweep/open.js";
export { type FailedRun, type SweepCell, SweepResult, type TestOptions } from "./library/sweep/result.js";
export type {
  AxisValue,
  BaselineRow,
  BuiltInMeasure,
  BuiltInMeasures,
  CellOf,
  ControlName,
  CountedName,
  Measure,
  MeasuredValues,
  Over,
  OwnMeasure,
  SomeCells,
  SweepOptions,
  SweepProblem,
  SweepProgress,
  SweepRow,
  SweepSpec,
  SweepStory,
} from "./library/sweep/spec.js";
export type { SweepTest } from "./library/sweep/statistics.js";
export { filesFromBytes } from "./model/checkpoint/source.js";
export { writeSafetensors } from "./model/checkpoint/write-safetensors.js";
export {
  type Address,
  type AddressLike,
  type AddressText,
  at,
  formatAddress,
  type NumberAddress,
  type PartAddress,
  type PointAddress,
  parseAddress,
  type SpanAddress,
} from "./model/hooks/address.js";
export type { BoundIntervention, Doable, NamedValue, Numbers, SourceRun } from "./model/hooks/bound.js";
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
export { type AxesOf, allSites, blockSite, parseSite, type SiteName, type SiteTensor } from "./model/hooks/names.js";
export type { Operation } from "./model/hooks/operation.js";
export type { ScopeOptions, SiteLike, Where } from "./model/hooks/operation-options.js";
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
export type { Expected } from "./model/latent/answer/kind.js";
export { isCorrect, type ParsedAnswer, parseAnswer } from "./model/latent/answer/number.js";
export type { AxisNames, WithoutAxis } from "./model/latent/labelled/axes.js";
export { type LabelledParts, LabelledTensor, type Nested } from "./model/latent/labelled/labelled-tensor.js";
export type { Place, Places } from "./model/latent/labelled/places.js";
export type { LayeredSite, ReadAddress, ReadAxes, ReadSite, SiteAxes } from "./model/latent/labelled/read-axes.js";
export type { SequenceLayout } from "./model/latent/layout.js";
export type { ProtocolName as Protocol } from "./model/latent/protocols/names.js";
export type { AttentionFlow } from "./model/latent/readings/attention-flow.js";
export type { Contributions, Target } from "./model/latent/readings/attribution.js";
export type { Activation, CaptureReadOptions, Captures } from "./model/latent/readings/capture.js";
export type { Reading, ReadingPlan, Recorder } from "./model/latent/readings/reading.js";
export type { Measured, RunScore, Undefined } from "./model/latent/run/run-score.js";
export type {
  Condition,
  ConditionOptions,
  GivenCondition,
  InterventionLike,
  RunBatchOptions,
  RunOptions,
  RunResult,
} from "./model/latent/run-types.js";
export { Runs } from "./model/latent/runs.js";
export { tf } from "./model/tensor/tf.js";
export type { PlannedObserver, PlannedReading } from "./studies/planned-reading.js";
export { namePositions, numberPositions, operationPositions } from "./studies/question-to-latent/question-words.js";
export type { StudyStory } from "./studies/story.js";
export type { PlannedCondition, Study, StudyContext } from "./studies/study.js";

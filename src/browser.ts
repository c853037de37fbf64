/** The computing core for programs without Node, as `codilens/browser`: models from bytes, on an engine that the program started. */

export {
  BadInputError,
  CodiLensError,
  EnvironmentError,
  NumericError,
  UsageError,
} from "./base/errors.js";
export type { ModelHashes } from "./model/checkpoint/load.js";
export type { ByteSource, CheckpointFiles } from "./model/checkpoint/source.js";
export { filesFromBytes } from "./model/checkpoint/source.js";
export type { Ascent, Level } from "./model/decoder/ascent.js";
export type { DecoderConfig } from "./model/decoder/config.js";
export type { Decoder, ForwardResult } from "./model/decoder/decoder.js";
export type { KeyValue, KvCache, Segment, SegmentView } from "./model/decoder/kv-cache.js";
export type { RowMap } from "./model/decoder/row-map.js";
export type {
  AddressLike,
  AddressText,
  NumberAddress,
  Part,
  PartAddress,
  PointAddress,
  SpanAddress,
} from "./model/hooks/address.js";
export { type Address, at, formatAddress, parseAddress } from "./model/hooks/address.js";
export type { BoundIntervention, NamedValue, SourceRun } from "./model/hooks/bound.js";
export type { HookFunction, HookOptions } from "./model/hooks/hook.js";
export { type Hook, type HookInfo, hook } from "./model/hooks/hook.js";
export { formatIntervention, type Intervention, parseIntervention } from "./model/hooks/interventions.js";
export type { BlockSite, GlobalSite, ParsedSite } from "./model/hooks/names.js";
export { type AxesOf, allSites, blockSite, parseSite, type SiteName, type SiteTensor } from "./model/hooks/names.js";
export type { SiteLike } from "./model/hooks/operation-options.js";
export type { Observer, RunHooks, Writer, WriterInfo } from "./model/hooks/run-hooks.js";
export type { Patch, Position, Step } from "./model/hooks/step.js";
export type { AnswerKind, Expected, FoundAnswer, Letter, NoAnswerReason } from "./model/latent/answer/kind.js";
export { isCorrect, type ParsedAnswer, parseAnswer } from "./model/latent/answer/number.js";
export type { CodiConfig } from "./model/latent/config.js";
export type { Drawn } from "./model/latent/donors.js";
export type { WithoutAxis } from "./model/latent/labelled/axes.js";
export { type LabelledParts, LabelledTensor, type Nested } from "./model/latent/labelled/labelled-tensor.js";
export type { Place, Places } from "./model/latent/labelled/places.js";
export type { LayeredSite, ReadAddress, ReadAxes, ReadSite, SiteAxes } from "./model/latent/labelled/read-axes.js";
export type { CapturedRun } from "./model/latent/labelled/read-captures.js";
export { LatentModel } from "./model/latent/latent-model.js";
export type { LayoutParts, SequenceLayout } from "./model/latent/layout.js";
export type { FileLoadOptions } from "./model/latent/load/model-parts.js";
export type { LoadProgress } from "./model/latent/load/upload-model.js";
export type { PackLimits } from "./model/latent/plan/packing.js";
export type { StepRate } from "./model/latent/plan/rates.js";
export type { ProtocolName } from "./model/latent/protocols/names.js";
export type { AttentionFlow } from "./model/latent/readings/attention-flow.js";
export type { AttentionRows } from "./model/latent/readings/attention-rows.js";
export type { Contributions, Target } from "./model/latent/readings/attribution.js";
export type { Activation, CaptureReadOptions, Captures } from "./model/latent/readings/capture.js";
export type { ByPosition, Components } from "./model/latent/readings/components.js";
export type { LatentAttention } from "./model/latent/readings/latent-attention.js";
export type { LensReading } from "./model/latent/readings/logit-lens.js";
export type { Reading, ReadingPlan, Recorder } from "./model/latent/readings/reading.js";
export type { Measured, RowScores, RunScore, Undefined } from "./model/latent/run/run-score.js";
export type {
  AnswerOptions,
  AnswerToken,
  BatchOptions,
  CommonOptions,
  Condition,
  ConditionOptions,
  Contrast,
  Fired,
  GivenCondition,
  InterventionLike,
  LoopCounts,
  ReadOptions,
  RunBatchOptions,
  RunOptions,
  RunResult,
  ScoreOptions,
  SourceOptions,
} from "./model/latent/run-types.js";
export type { Runs } from "./model/latent/runs.js";
export type { NativeBackend, NativeTensor, StartedEngine } from "./model/tensor/engine.js";
export { currentEngine, type EngineInfo, holdEngine } from "./model/tensor/engine.js";
export type { Tensor, Tensor2D, Tensor3D, Tensor4D } from "./model/tensor/tf.js";
export { tf } from "./model/tensor/tf.js";
export type { Tokenizer, TokenizerLimits } from "./model/tokenizer/tokenizer.js";

/** Types that the signatures of models, runs, hooks and readings show: the same for Node and for a browser. */

export type { Because, ModelHashes } from "../checkpoint/load.js";
export type { Ascent, Level } from "../decoder/ascent.js";
export type { DecoderConfig } from "../decoder/config.js";
export type { Decoder, DecoderBiases, ForwardResult, LogitsReading } from "../decoder/decoder.js";
export type { FamilyName } from "../decoder/family-names.js";
export type { KeyValue, KvCache, Segment, SegmentView } from "../decoder/kv-cache.js";
export type { RowMap } from "../decoder/row-map.js";
export type { BoundIntervention, NamedValue, SourceRun } from "../hooks/bound.js";
export type { KnownValues } from "../hooks/column-writes.js";
export type { HiddenKeys } from "../hooks/hidden-keys.js";
export type { Observer, Tap } from "../hooks/observer.js";
export type { SiteLike } from "../hooks/operation-options.js";
export type { ColumnSite, RunHooks } from "../hooks/run-hooks.js";
export type { SiteView } from "../hooks/site-view.js";
export type { Patch, Position, Step } from "../hooks/step.js";
export type { HidingWriter, Writer, WriterInfo } from "../hooks/writer.js";
export type { Tokenizer, TokenizerLimits } from "../tokenizer/tokenizer.js";
export type { AnswerKind, Expected, FoundAnswer, GoldAnswer, Letter, NoAnswerReason } from "./answer/kind.js";
export type { CodiConfig } from "./config.js";
export type { Drawn } from "./donors.js";
export type {
  Along,
  DerivativeOptions,
  Edit,
  GradientOptions,
  GradientResult,
  JvpOptions,
  JvpResult,
  LabelledTensors,
  Metric,
  PositionText,
} from "./gradient/types.js";
export type { WithoutAxis } from "./labelled/axes.js";
export type { Place, Places } from "./labelled/places.js";
export type { LayeredSite, ReadAddress, ReadAxes, ReadSite, SiteAxes } from "./labelled/read-axes.js";
export type { CapturedRun } from "./labelled/read-captures.js";
export type { LayoutParts, SequenceLayout } from "./layout.js";
export type { FileLoadOptions } from "./load/model-parts.js";
export type { LoadProgress } from "./load/upload-model.js";
export type { PackLimits } from "./plan/packing.js";
export type { StepRate } from "./plan/rates.js";
export type { Feedback, Loop } from "./protocols/loop.js";
export type { AnyProtocol } from "./protocols/names.js";
export type { OwnProtocol } from "./protocols/own.js";
export type {
  AnswerReadOptions,
  Protocol as LatentProtocol,
  ProtocolMethods,
  ProtocolStudies,
  ProtocolWarning,
  SpecialIds,
} from "./protocols/protocol.js";
export type { AttentionFlow } from "./readings/attention-flow.js";
export type { AttentionRows } from "./readings/attention-rows.js";
export type { BiasContributions, Contributions, Target } from "./readings/attribution.js";
export type { Activation, CaptureReadOptions, Captures } from "./readings/capture.js";
export type { ByPosition, Components } from "./readings/components.js";
export type { LatentAttention } from "./readings/latent-attention.js";
export type { LensAsked, LensReading } from "./readings/logit-lens.js";
export type { Reading, ReadingPlan, Recorder } from "./readings/reading.js";
export type { Measured, RowScores, RunScore, Undefined } from "./run/run-score.js";
export type {
  AnswerOptions,
  AnswerToken,
  BatchOptions,
  CommonOptions,
  Condition,
  ConditionOptions,
  Contrast,
  FeatureOptions,
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
} from "./run-types.js";
export type { SaeConfig } from "./sae/sae-config.js";
export type { SaeWeights, SparseAutoencoder } from "./sae/sparse-autoencoder.js";

/** Types that the signatures of models, runs, hooks and readings show: the same for Node and for a browser. */

export type { ModelHashes } from "./checkpoint/load.js";
export type { Ascent, Level } from "./decoder/ascent.js";
export type { DecoderConfig } from "./decoder/config.js";
export type { Decoder, ForwardResult } from "./decoder/decoder.js";
export type { KeyValue, KvCache, Segment, SegmentView } from "./decoder/kv-cache.js";
export type { RowMap } from "./decoder/row-map.js";
export type { BoundIntervention, NamedValue, SourceRun } from "./hooks/bound.js";
export type { SiteLike } from "./hooks/operation-options.js";
export type { Observer, RunHooks, Writer, WriterInfo } from "./hooks/run-hooks.js";
export type { Patch, Position, Step } from "./hooks/step.js";
export type { AnswerKind, Expected, FoundAnswer, Letter, NoAnswerReason } from "./latent/answer/kind.js";
export type { CodiConfig } from "./latent/config.js";
export type { Drawn } from "./latent/donors.js";
export type { WithoutAxis } from "./latent/labelled/axes.js";
export type { Place, Places } from "./latent/labelled/places.js";
export type { LayeredSite, ReadAddress, ReadAxes, ReadSite, SiteAxes } from "./latent/labelled/read-axes.js";
export type { CapturedRun } from "./latent/labelled/read-captures.js";
export type { LayoutParts, SequenceLayout } from "./latent/layout.js";
export type { FileLoadOptions } from "./latent/load/model-parts.js";
export type { LoadProgress } from "./latent/load/upload-model.js";
export type { PackLimits } from "./latent/plan/packing.js";
export type { StepRate } from "./latent/plan/rates.js";
export type { AttentionFlow } from "./latent/readings/attention-flow.js";
export type { AttentionRows } from "./latent/readings/attention-rows.js";
export type { Contributions, Target } from "./latent/readings/attribution.js";
export type { Activation, CaptureReadOptions, Captures } from "./latent/readings/capture.js";
export type { ByPosition, Components } from "./latent/readings/components.js";
export type { LatentAttention } from "./latent/readings/latent-attention.js";
export type { LensReading } from "./latent/readings/logit-lens.js";
export type { Reading, ReadingPlan, Recorder } from "./latent/readings/reading.js";
export type { Measured, RowScores, RunScore, Undefined } from "./latent/run/run-score.js";
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
} from "./latent/run-types.js";
export type { Tokenizer, TokenizerLimits } from "./tokenizer/tokenizer.js";

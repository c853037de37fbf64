/** The computing core for programs without Node, as `codilens/browser`: models from bytes, on an engine that the program started. */

export {
  BadInputError,
  CodiLensError,
  EnvironmentError,
  NumericError,
  UsageError,
} from "./base/errors.js";
export { filesFromBlobs } from "./model/checkpoint/blob-files.js";
export type { ByteSource, CheckpointFiles } from "./model/checkpoint/source.js";
export { filesFromBytes } from "./model/checkpoint/source.js";
export { openTensorFile } from "./model/checkpoint/tensor-file.js";
export type { TensorEntry, TensorFile } from "./model/checkpoint/tensor-file-types.js";
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
export type { HookFunction, HookOptions } from "./model/hooks/hook.js";
export { type Hook, type HookInfo, hook } from "./model/hooks/hook.js";
export { formatIntervention, type Intervention, parseIntervention } from "./model/hooks/interventions.js";
export type { BlockSite, FeatureSite, GlobalSite, ParsedSite } from "./model/hooks/names.js";
export {
  type AxesOf,
  allSites,
  blockSite,
  parseSite,
  type SiteModel,
  type SiteName,
  type SiteNameOf,
  type SiteTensor,
} from "./model/hooks/names.js";
export { isCorrect, type ParsedAnswer, parseAnswer } from "./model/latent/answer/number.js";
export { type LabelledParts, LabelledTensor, type Nested } from "./model/latent/labelled/labelled-tensor.js";
export { LatentModel } from "./model/latent/latent-model.js";
export { estimateLoad, type FilesEstimate } from "./model/latent/load/estimate.js";
export type { LoadBytes } from "./model/latent/load/load-bytes.js";
export { answerLimit, feedbackOf } from "./model/latent/loop-facts.js";
export type { ProtocolName } from "./model/latent/protocols/names.js";
export type { Runs } from "./model/latent/runs.js";
export { type ReadSaeOptions, readSae } from "./model/latent/sae/read-sae.js";
export type * from "./model/latent/types.js";
export type { NativeBackend, NativeTensor, StartedEngine } from "./model/tensor/engine.js";
export { currentEngine, type EngineInfo, type EngineName, holdEngine } from "./model/tensor/engine.js";
export type { BrowserWasmOptions } from "./model/tensor/engines/browser-wasm.js";
export { startWasm } from "./model/tensor/engines/browser-wasm.js";
export type { BrowserWebGpuOptions } from "./model/tensor/engines/browser-webgpu.js";
export { startWebGpu } from "./model/tensor/engines/browser-webgpu.js";
export type { Hold } from "./model/tensor/hold-names.js";
export type { Tensor, Tensor2D, Tensor3D, Tensor4D } from "./model/tensor/tf.js";
export { tf } from "./model/tensor/tf.js";

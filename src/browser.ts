/** The computing core for programs without Node, as `codilens/browser`: models from bytes, on an engine that the program started. */

export {
  BadInputError,
  CodiLensError,
  EnvironmentError,
  NumericError,
  UsageError,
} from "./base/errors.js";
export { filesFromBytes } from "./model/checkpoint/source.js";
export { type Address, at, formatAddress, parseAddress } from "./model/hooks/address.js";
export { type Hook, type HookInfo, hook } from "./model/hooks/hook.js";
export { formatIntervention, type Intervention, parseIntervention } from "./model/hooks/interventions.js";
export { type AxesOf, allSites, blockSite, parseSite, type SiteName, type SiteTensor } from "./model/hooks/names.js";
export { isCorrect, type ParsedAnswer, parseAnswer } from "./model/latent/answer/number.js";
export { LatentModel } from "./model/latent/latent-model.js";
export type { SequenceLayout } from "./model/latent/layout.js";
export type { Activation, Captures } from "./model/latent/readings/capture.js";
export type { Condition, ConditionOptions, RunOptions, RunResult } from "./model/latent/run-types.js";
export { currentEngine, type EngineInfo, holdEngine } from "./model/tensor/engine.js";
export { tf } from "./model/tensor/tf.js";

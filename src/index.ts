/** CodiLens: read, replace and measure every latent of a CODI model. */

import { fetchHubModel } from "./hub/hub-model.js";
import { setHubFetcher } from "./model/checkpoint/model-names.js";

setHubFetcher(fetchHubModel);

export type { StudyStory } from "./experiments/story.js";
export { namePositions, numberPositions, operationPositions } from "./experiments/studies/question-words.js";
export type { PlannedCondition, Study, StudyContext } from "./experiments/study.js";
export { filesFromBytes } from "./model/checkpoint/source.js";
export { writeSafetensors } from "./model/checkpoint/write-safetensors.js";
export { isCorrect, type ParsedAnswer, parseAnswer } from "./model/codi/answer.js";
export type { Expected } from "./model/codi/answer-types.js";
export type { AttentionFlow } from "./model/codi/attention-flow.js";
export type { Contributions, Target } from "./model/codi/attribution.js";
export type { Activation, Captures } from "./model/codi/capture.js";
export { CodiModel, type Protocol } from "./model/codi/codi-model.js";
export type { SequenceLayout } from "./model/codi/layout.js";
export type { Measured, RunScore, Undefined } from "./model/codi/run-score.js";
export type { Condition, ConditionOptions, RunOptions, RunResult } from "./model/codi/run-types.js";
export {
  BadInputError,
  CodiLensError,
  EnvironmentError,
  NumericError,
  RunFolderError,
  UsageError,
} from "./model/errors.js";
export { type Address, at, formatAddress, parseAddress } from "./model/hooks/address.js";
export { type Hook, type HookInfo, hook } from "./model/hooks/hook.js";
export {
  formatIntervention,
  type Intervention,
  interventionSchema,
  parseIntervention,
} from "./model/hooks/interventions.js";
export { type AxesOf, allSites, blockSite, type SiteName, type SiteTensor } from "./model/hooks/names.js";
export { tf } from "./model/tensor/tf.js";

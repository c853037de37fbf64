/** The computing core for programs without Node: models from bytes, on an engine that the program started. Not exported by the package yet. */

export { filesFromBytes } from "./model/checkpoint/source.js";
export { LatentModel } from "./model/latent/latent-model.js";
export { currentEngine, type EngineInfo, holdEngine } from "./model/tensor/engine.js";
export { tf } from "./model/tensor/tf.js";

/** What the engines are called: text alone, so that commands know it without loading one. */

/** TensorFlow's C library, tfjs's WASM backend, tfjs's WebGPU backend. */
export const ENGINE_NAMES = ["native", "wasm", "webgpu"] as const;

/** One of the engines. */
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What the user may ask for; `auto` takes what the set-up installed, and never WebGPU. */
export type EngineChoice = "auto" | EngineName;

/** All that the user may ask for. */
export const ENGINE_CHOICES: readonly EngineChoice[] = ["auto", ...ENGINE_NAMES];

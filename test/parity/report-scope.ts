/** What `npm run parity` compares on each engine. */

import { ENGINE_NAMES, type EngineName } from "../../src/model/tensor/engine-names.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";
import { MODELS, modelFolder } from "../support/parity.js";
import { smallModel } from "../support/small-model.js";

/** The checkpoint that comes with the package. */
export const EMBEDDED = "tiny-codi";

/** A run whose records are compared with the native engine's. */
export interface ComparedRun {
  readonly name: string;
  readonly problems: number;
  readonly model: () => Promise<string>;
  readonly more: object;
}

const FIXTURE = "single-kv-lora";
const EMBEDDED_RUN: ComparedRun = {
  name: `the default studies on 4 problems, ${EMBEDDED}`,
  problems: 4,
  model: async () => `weights/${EMBEDDED}`,
  more: { layers: [4, 8, 14] },
};
const SMALLEST: ComparedRun = {
  name: "the default studies on 2 problems, half cut to 1 block and 1 latent",
  problems: 2,
  model: () => smallModel("half", { blocks: 1, latents: 1 }),
  more: { layers: [0], ablateLayer: 0, maxNewTokens: 1, rows: 2, controls: false },
};
const RUNS: readonly ComparedRun[] = [
  {
    name: `every study on 2 problems, ${FIXTURE}`,
    problems: 2,
    model: async () => modelFolder(FIXTURE),
    more: { layers: [1], ablateLayer: 1, maxNewTokens: 3, studies: STUDY_NAMES },
  },
  EMBEDDED_RUN,
  SMALLEST,
];

/** What is compared on one engine. */
export interface Scope {
  /** Checkpoints that are compared at every stage. */
  readonly checkpoints: readonly string[];
  /** Problems of the embedded model that are answered. */
  readonly problems: number;
  /** Are these answered with a block zeroed at each latent too? */
  readonly withZeroed: boolean;
  readonly runs: readonly ComparedRun[];
}

const ALL: Scope = { checkpoints: [...MODELS, EMBEDDED], problems: 100, withZeroed: true, runs: RUNS };

/** The whole, but on WebGPU: it computes in software here, where an operation takes milliseconds. */
export const SCOPES: Readonly<Record<EngineName, Scope>> = {
  native: ALL,
  wasm: ALL,
  webgpu: { ...ALL, problems: 10, withZeroed: false, runs: [SMALLEST, EMBEDDED_RUN] },
};

/** Engines that are compared with the native one in a run. */
export function enginesOf(run: ComparedRun): EngineName[] {
  return ENGINE_NAMES.filter((name) => name !== "native" && SCOPES[name].runs.includes(run));
}

/** Every run that some engine computes. */
export const ALL_RUNS = RUNS;

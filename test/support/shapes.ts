/** Shapes of the embedded model and of LLaMA-3.2-1B, where only the shape counts. */

import type { LlamaConfig } from "../../src/model/decoder/llama/config.js";

const rest = { rmsNormEps: 1e-5, maxPositions: 2048, ropeTheta: 5e5, ropeScaling: null, tiedEmbeddings: true };

export const TINY: LlamaConfig = {
  ...{ ...rest, family: "llama" as const, bosTokenId: 0, eosTokenIds: [1], layers: 16, vocabSize: 528 },
  ...{ dModel: 64, dMlp: 192, heads: 4, kvHeads: 2, dHead: 16 },
};

export const BILLION: LlamaConfig = {
  ...TINY,
  vocabSize: 128_256,
  dModel: 2048,
  dMlp: 8192,
  heads: 32,
  kvHeads: 8,
  dHead: 64,
};

/** So small that costs are counted by hand; what no plan looks at is as in `TINY`. */
export function smallShape(layers: number): LlamaConfig {
  return { ...TINY, layers, dModel: 8, dMlp: 16, heads: 2, kvHeads: 1, dHead: 4, vocabSize: 32 };
}

/** GPT-2's weights: their names and shapes. */

import type { Family } from "../family.js";
import { type Gpt2Config, parseGpt2Config } from "./config.js";

const IN_OUT = /\.(?:c_attn|c_proj|c_fc)\.weight$/;

/** GPT-2. Queries, keys and values are one matrix in the file already. */
export const GPT2: Family<Gpt2Config> = {
  name: "gpt2",
  names: {
    body: "transformer.",
    embedding: "wte.weight",
    always: "ln_f.weight",
    isStoredInOut: (name) => IN_OUT.test(name),
    isLinear: (module) => /\.(?:c_attn|c_proj|c_fc)$/.test(module),
  },
  hasLearnedPositions: true,
  mlpMatrices: 2,
  parseConfig: parseGpt2Config,
  weights: gpt2Weights,
  fusedWith: () => null,
  mayBeInParts: (name) => name === "wte.weight" || name === "lm_head.weight",
};

function gpt2Weights(config: Gpt2Config, vocabRows: number): Map<string, readonly number[]> {
  const { dModel, dMlp, layers, maxPositions } = config;
  const shapes = new Map<string, readonly number[]>([
    ["wte.weight", [vocabRows, dModel]],
    ["wpe.weight", [maxPositions, dModel]],
  ]);
  const putBoth = (name: string, weight: readonly number[]): void => {
    shapes.set(`${name}.weight`, weight);
    shapes.set(`${name}.bias`, [weight.at(-1) ?? 0]);
  };
  for (let layer = 0; layer < layers; layer++) {
    const at = `h.${layer}`;
    putBoth(`${at}.ln_1`, [dModel]);
    putBoth(`${at}.attn.c_attn`, [dModel, 3 * dModel]);
    putBoth(`${at}.attn.c_proj`, [dModel, dModel]);
    putBoth(`${at}.ln_2`, [dModel]);
    putBoth(`${at}.mlp.c_fc`, [dModel, dMlp]);
    putBoth(`${at}.mlp.c_proj`, [dMlp, dModel]);
  }
  putBoth("ln_f", [dModel]);
  if (!config.tiedEmbeddings) shapes.set("lm_head.weight", [vocabRows, dModel]);
  return shapes;
}

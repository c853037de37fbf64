/** Qwen2: LLaMA's weights, and a bias each for queries, keys and values. */

import type { Family } from "../family.js";
import { LLAMA, rotaryWeights } from "../llama/family.js";
import { parseQwen2Config, type Qwen2Config } from "./config.js";

/** Qwen2 and Qwen2.5. */
export const QWEN2: Family<Qwen2Config> = {
  ...LLAMA,
  name: "qwen2",
  parseConfig: parseQwen2Config,
  weights: (config, vocabRows) => {
    const { heads, kvHeads, dHead, layers } = config;
    const shapes = rotaryWeights(config, vocabRows);
    for (let layer = 0; layer < layers; layer++)
      for (const [part, count] of [
        ["q_proj", heads],
        ["k_proj", kvHeads],
        ["v_proj", kvHeads],
      ] as const)
        shapes.set(`layers.${layer}.self_attn.${part}.bias`, [count * dHead]);
    return shapes;
  },
};

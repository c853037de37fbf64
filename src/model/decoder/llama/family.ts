/** LLaMA's weights: their names and shapes, and which are kept in one matrix. */

import type { RotaryConfig } from "../config-rotary.js";
import type { Family, WeightGroup } from "../family.js";
import { type LlamaConfig, parseLlamaConfig } from "./config.js";

/** LLaMA 2 and 3. */
export const LLAMA: Family<LlamaConfig> = {
  name: "llama",
  names: {
    body: "model.",
    embedding: "embed_tokens.weight",
    always: "norm.weight",
    isStoredInOut: () => false,
    isLinear: (module) => module.endsWith("_proj"),
  },
  hasLearnedPositions: false,
  mlpMatrices: 3,
  parseConfig: parseLlamaConfig,
  weights: rotaryWeights,
  fusedWith: fusedProjections,
  mayBeInParts: isEmbeddingOrHead,
};

/** Shapes `[out, in]` of all weights without biases. */
export function rotaryWeights(config: RotaryConfig, vocabRows: number): Map<string, readonly number[]> {
  const { dModel, dMlp, heads, kvHeads, dHead, layers } = config;
  const shapes = new Map<string, readonly number[]>([["embed_tokens.weight", [vocabRows, dModel]]]);
  for (let layer = 0; layer < layers; layer++) {
    const put = (name: string, shape: readonly number[]): unknown =>
      shapes.set(`layers.${layer}.${name}.weight`, shape);
    put("input_layernorm", [dModel]);
    put("self_attn.q_proj", [heads * dHead, dModel]);
    put("self_attn.k_proj", [kvHeads * dHead, dModel]);
    put("self_attn.v_proj", [kvHeads * dHead, dModel]);
    put("self_attn.o_proj", [dModel, heads * dHead]);
    put("post_attention_layernorm", [dModel]);
    put("mlp.gate_proj", [dMlp, dModel]);
    put("mlp.up_proj", [dMlp, dModel]);
    put("mlp.down_proj", [dModel, dMlp]);
  }
  shapes.set("norm.weight", [dModel]);
  if (!config.tiedEmbeddings) shapes.set("lm_head.weight", [vocabRows, dModel]);
  return shapes;
}

const FUSED: readonly WeightGroup[] = [
  { name: "self_attn.qkv_proj", parts: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"] },
  { name: "mlp.gate_up_proj", parts: ["mlp.gate_proj", "mlp.up_proj"] },
];

/** What is multiplied by the same input is kept in one matrix, and its biases in one vector. */
export function fusedProjections(name: string): WeightGroup | null {
  const match = /^(layers\.\d+\.)(.+)(\.weight|\.bias)$/.exec(name);
  const group = FUSED.find(({ parts }) => parts.includes(match?.[2] ?? ""));
  if (match === null || group === undefined) return null;
  const full = (part: string): string => `${match[1]}${part}${match[3]}`;
  return { name: full(group.name), parts: group.parts.map(full) };
}

function isEmbeddingOrHead(name: string): boolean {
  return name === "embed_tokens.weight" || name === "lm_head.weight";
}

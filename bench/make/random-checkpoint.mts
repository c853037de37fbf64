/** CODI checkpoints with random BF16 weights, keys as the trainer writes them without LoRA, and a tokenizer of bytes. */

import type { TensorEntry } from "../../src/model/checkpoint/write-safetensors.js";
import { bf16Entry, byteTokenizer, ensureRandom } from "./random-files.mjs";

/** Sizes of a LLaMA with CODI's projection. */
export interface Shape {
  readonly layers: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  /** Before the three rows for pad, BOT and EOT. */
  readonly vocab: number;
}

/** LLaMA-3.2-1B. */
export const SHAPE_1B: Shape = {
  layers: 16,
  dModel: 2048,
  dMlp: 8192,
  heads: 32,
  kvHeads: 8,
  dHead: 64,
  vocab: 128256,
};
/** Small enough for a laptop's minute; every mechanism is in it. */
export const SHAPE_TINY: Shape = { layers: 4, dModel: 64, dMlp: 192, heads: 4, kvHeads: 2, dHead: 16, vocab: 320 };

/** Makes the checkpoint unless it is there. @returns its folder. */
export function ensureCheckpoint(work: string, name: string, shape: Shape): string {
  return ensureRandom(work, name, () => ({
    json: { "config.json": configOf(shape), "tokenizer.json": byteTokenizer(shape.vocab, specialWords(shape.vocab)) },
    tensors: tensorsOf(shape),
    deviation: deviationAt(shape.dModel),
  }));
}

/** LLaMA starts from 0.02 at 2048; narrower models get as much variance a product, or their blocks would change nothing. */
export function deviationAt(width: number): number {
  return 0.02 * Math.sqrt(SHAPE_1B.dModel / width);
}

function configOf({ layers, dModel, dMlp, heads, kvHeads, dHead, vocab }: Shape): object {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocab,
    hidden_size: dModel,
    intermediate_size: dMlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: dHead,
    hidden_act: "silu",
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    rope_scaling: {
      rope_type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
    tie_word_embeddings: true,
    bos_token_id: bosOf(vocab),
    eos_token_id: bosOf(vocab) + 1,
    torch_dtype: "bfloat16",
  };
}

/** LLaMA 3's BOS is token 128000, its EOS the next. */
function bosOf(vocab: number): number {
  return vocab - 256 > 256 ? vocab - 256 : vocab - 64;
}

/** BOS, EOS, and what LLaMA 3 keeps after them. */
function specialWords(vocab: number): string[] {
  const count = vocab - bosOf(vocab);
  const reserved = Array.from({ length: count - 2 }, (_, i) => `<|reserved_special_token_${i}|>`);
  return ["<|begin_of_text|>", "<|end_of_text|>", ...reserved];
}

function tensorsOf({ layers, dModel, dMlp, heads, kvHeads, dHead, vocab }: Shape): TensorEntry[] {
  const block = (layer: number): TensorEntry[] => {
    const at = (name: string): string => `codi.model.layers.${layer}.${name}.weight`;
    return [
      bf16Entry(at("input_layernorm"), dModel),
      bf16Entry(at("self_attn.q_proj"), heads * dHead, dModel),
      bf16Entry(at("self_attn.k_proj"), kvHeads * dHead, dModel),
      bf16Entry(at("self_attn.v_proj"), kvHeads * dHead, dModel),
      bf16Entry(at("self_attn.o_proj"), dModel, heads * dHead),
      bf16Entry(at("post_attention_layernorm"), dModel),
      bf16Entry(at("mlp.gate_proj"), dMlp, dModel),
      bf16Entry(at("mlp.up_proj"), dMlp, dModel),
      bf16Entry(at("mlp.down_proj"), dModel, dMlp),
    ];
  };
  return [
    bf16Entry("codi.model.embed_tokens.weight", vocab + 3, dModel),
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    bf16Entry("codi.model.norm.weight", dModel),
    bf16Entry("prj.1.weight", dModel, dModel),
    bf16Entry("prj.1.bias", dModel),
    bf16Entry("prj.3.weight", dModel, dModel),
    bf16Entry("prj.3.bias", dModel),
    bf16Entry("prj.ln.weight", dModel),
    bf16Entry("prj.ln.bias", dModel),
  ];
}

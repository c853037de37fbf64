/** Coconut checkpoints on GPT-2 with random BF16 weights, under transformers' names, and a tokenizer of bytes. */

import type { TensorEntry } from "../../src/model/checkpoint/write-safetensors.js";
import { deviationAt } from "./random-checkpoint.mjs";
import { bf16Entry, byteTokenizer, ensureRandom } from "./random-files.mjs";

/** Sizes of a GPT-2. */
export interface Gpt2Shape {
  readonly layers: number;
  readonly dModel: number;
  readonly heads: number;
  readonly positions: number;
  /** Before the three rows for Coconut's tokens. */
  readonly vocab: number;
}

/** GPT-2 small, of 124 million weights: what Coconut was published with. */
export const SHAPE_GPT2: Gpt2Shape = { layers: 12, dModel: 768, heads: 12, positions: 1024, vocab: 50257 };
/** As small as the tiny LLaMA. */
export const SHAPE_TINY_GPT2: Gpt2Shape = { layers: 4, dModel: 64, heads: 4, positions: 256, vocab: 320 };

/** Start, end and the one that is never fed. */
export const ADDED = ["<|start-latent|>", "<|end-latent|>", "<|latent|>"] as const;

/** Makes the checkpoint unless it is there. @returns its folder. */
export function ensureGpt2(work: string, name: string, shape: Gpt2Shape): string {
  return ensureRandom(work, name, () => ({
    json: {
      "config.json": configOf(shape),
      "codi.json": { protocol: "coconut", num_latents: 6 },
      "tokenizer.json": byteTokenizer(shape.vocab + ADDED.length, ["<|endoftext|>", ...ADDED]),
    },
    tensors: gpt2Tensors(shape),
    deviation: deviationAt(shape.dModel),
  }));
}

function configOf({ layers, dModel, heads, positions, vocab }: Gpt2Shape): object {
  return {
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    activation_function: "gelu_new",
    vocab_size: vocab,
    n_embd: dModel,
    n_layer: layers,
    n_head: heads,
    n_positions: positions,
    layer_norm_epsilon: 1e-5,
    bos_token_id: vocab - 1,
    eos_token_id: vocab - 1,
    torch_dtype: "bfloat16",
  };
}

/** Every tensor of the file. */
export function gpt2Tensors({ layers, dModel, positions, vocab }: Gpt2Shape): TensorEntry[] {
  const at = (name: string): string => `transformer.${name}`;
  const both = (name: string, ...shape: number[]): TensorEntry[] => [
    bf16Entry(at(`${name}.weight`), ...shape),
    bf16Entry(at(`${name}.bias`), shape.at(-1) ?? 0),
  ];
  const block = (layer: number): TensorEntry[] => [
    ...both(`h.${layer}.ln_1`, dModel),
    ...both(`h.${layer}.attn.c_attn`, dModel, 3 * dModel),
    ...both(`h.${layer}.attn.c_proj`, dModel, dModel),
    ...both(`h.${layer}.ln_2`, dModel),
    ...both(`h.${layer}.mlp.c_fc`, dModel, 4 * dModel),
    ...both(`h.${layer}.mlp.c_proj`, 4 * dModel, dModel),
  ];
  return [
    bf16Entry(at("wte.weight"), vocab + ADDED.length, dModel),
    bf16Entry(at("wpe.weight"), positions, dModel),
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    ...both("ln_f", dModel),
  ];
}

/** A model's weights on the engine, as they are stored: `[out, in]`. What is multiplied by the same input is kept in one matrix. */

import { type Tensor2D, tf } from "../../tensor/tf.js";
import type { TakeWeight } from "../decoder.js";

/** One block's weights. */
export interface BlockWeights {
  /** `[dModel, 1]`. */
  readonly inputLayernorm: Tensor2D;
  /** q, k and v one below the other: `[(heads + 2 * kvHeads) * dHead, dModel]`. */
  readonly qkvProj: Tensor2D;
  /** `[dModel, heads * dHead]`. */
  readonly oProj: Tensor2D;
  readonly postAttentionLayernorm: Tensor2D;
  /** gate, then up: `[2 * dMlp, dModel]`. */
  readonly gateUpProj: Tensor2D;
  /** `[dModel, dMlp]`. */
  readonly downProj: Tensor2D;
}

/** All weights of the language model. */
export interface LlamaWeights {
  /** `[part of vocab, dModel]` each, in the order of the ids. The head itself where they are tied. */
  readonly embedTokens: readonly Tensor2D[];
  readonly layers: readonly BlockWeights[];
  readonly norm: Tensor2D;
  readonly lmHead: readonly Tensor2D[];
}

/** Puts uploaded weights in their places. */
export function llamaWeights(layers: number, tied: boolean, take: TakeWeight): LlamaWeights {
  const one = (name: string): Tensor2D => take(name)[0] as Tensor2D;
  const blocks = Array.from({ length: layers }, (_, layer): BlockWeights => {
    const at = (name: string): string => `layers.${layer}.${name}.weight`;
    return {
      inputLayernorm: one(at("input_layernorm")),
      qkvProj: one(at("self_attn.qkv_proj")),
      oProj: one(at("self_attn.o_proj")),
      postAttentionLayernorm: one(at("post_attention_layernorm")),
      gateUpProj: one(at("mlp.gate_up_proj")),
      downProj: one(at("mlp.down_proj")),
    };
  });
  const embedTokens = take("embed_tokens.weight") as readonly Tensor2D[];
  return {
    embedTokens,
    layers: blocks,
    norm: one("norm.weight"),
    lmHead: tied ? embedTokens : (take("lm_head.weight") as readonly Tensor2D[]),
  };
}

/** Frees every tensor of the language model. */
export function disposeLlama({ embedTokens, layers, norm, lmHead }: LlamaWeights): void {
  const blocks = layers.flatMap((layer) => Object.values(layer) as Tensor2D[]);
  tf.dispose([...new Set([...embedTokens, ...lmHead]), norm, ...blocks]);
}

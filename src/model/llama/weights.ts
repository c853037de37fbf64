/** A model's weights on the engine, stored `[in, out]` because the engine multiplies by a transposed matrix up to four times slower. */

import { type Tensor, type Tensor1D, type Tensor2D, tf } from "../tensor/tf.js";

/** One block's weights. */
export interface BlockWeights {
  /** `[dModel]`. */
  readonly inputLayernorm: Tensor1D;
  /** `[dModel, heads * dHead]`. */
  readonly qProj: Tensor2D;
  /** `[dModel, kvHeads * dHead]`. */
  readonly kProj: Tensor2D;
  readonly vProj: Tensor2D;
  /** `[heads * dHead, dModel]`. */
  readonly oProj: Tensor2D;
  readonly postAttentionLayernorm: Tensor1D;
  /** `[dModel, dMlp]`. */
  readonly gateProj: Tensor2D;
  readonly upProj: Tensor2D;
  /** `[dMlp, dModel]`. */
  readonly downProj: Tensor2D;
}

/** All weights of the language model. */
export interface LlamaWeights {
  /** `[vocab, dModel]`; null where it is the head's transpose (tied), which is kept once. */
  readonly embedTokens: Tensor2D | null;
  readonly layers: readonly BlockWeights[];
  readonly norm: Tensor1D;
  /** `[dModel, part of vocab]` each, in the order of the ids: a large head is never held twice while it is turned. */
  readonly lmHead: readonly Tensor2D[];
}

/** A weight on the engine by its canonical name; each may be taken once. */
export type TakeWeight = (name: string) => Tensor;

/** Puts uploaded weights in their places. */
export function llamaWeights(
  layers: number,
  tied: boolean,
  take: TakeWeight,
  takeAll: (name: string) => readonly Tensor[],
): LlamaWeights {
  const vector = (name: string): Tensor1D => take(name) as Tensor1D;
  const matrix = (name: string): Tensor2D => take(name) as Tensor2D;
  const blocks = Array.from({ length: layers }, (_, layer): BlockWeights => {
    const at = (name: string): string => `layers.${layer}.${name}.weight`;
    return {
      inputLayernorm: vector(at("input_layernorm")),
      qProj: matrix(at("self_attn.q_proj")),
      kProj: matrix(at("self_attn.k_proj")),
      vProj: matrix(at("self_attn.v_proj")),
      oProj: matrix(at("self_attn.o_proj")),
      postAttentionLayernorm: vector(at("post_attention_layernorm")),
      gateProj: matrix(at("mlp.gate_proj")),
      upProj: matrix(at("mlp.up_proj")),
      downProj: matrix(at("mlp.down_proj")),
    };
  });
  return {
    embedTokens: tied ? null : matrix("embed_tokens.weight"),
    layers: blocks,
    norm: vector("norm.weight"),
    lmHead: takeAll(headName(tied)) as Tensor2D[],
  };
}

function headName(tied: boolean): string {
  return tied ? "embed_tokens.weight" : "lm_head.weight";
}

/** Is it the weight that makes logits? */
export function isHead(name: string, tied: boolean): boolean {
  return name === headName(tied);
}

/** Is the weight kept as `[in, out]`? All matrices are but an embedding that is no head too. */
export function isTurned(name: string, tied: boolean): boolean {
  return name !== "embed_tokens.weight" || tied;
}

/** Frees every tensor of the language model. */
export function disposeLlama({ embedTokens, layers, norm, lmHead }: LlamaWeights): void {
  if (embedTokens !== null) embedTokens.dispose();
  tf.dispose([norm, ...lmHead, ...layers.flatMap((layer) => Object.values(layer) as Tensor1D[])]);
}

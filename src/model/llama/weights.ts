/** A model's weights on the engine, stored `[in, out]` because the engine multiplies by a transposed matrix up to four times slower. */

import { type Tensor1D, type Tensor2D, tf } from "../tensor/tf.js";

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
  /** `[vocab, dModel]`. */
  readonly embedTokens: Tensor2D;
  readonly layers: readonly BlockWeights[];
  readonly norm: Tensor1D;
  /** `[dModel, vocab]`. */
  readonly lmHead: Tensor2D;
}

/** A weight as the checkpoint gives it: float32, `[out, in]`. */
export interface HostWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Uploads the language model's weights one by one, so that no second copy of the model is ever held. */
export async function uploadLlama(
  layers: number,
  tied: boolean,
  read: (name: string) => Promise<HostWeight>,
): Promise<LlamaWeights> {
  const embed = await read("embed_tokens.weight");
  const embedTokens = matrix(embed);
  const lmHead = transposed(tied ? embed : await read("lm_head.weight"));
  const blocks: BlockWeights[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const get = (name: string): Promise<HostWeight> => read(`layers.${layer}.${name}.weight`);
    blocks.push({
      inputLayernorm: vector(await get("input_layernorm")),
      qProj: transposed(await get("self_attn.q_proj")),
      kProj: transposed(await get("self_attn.k_proj")),
      vProj: transposed(await get("self_attn.v_proj")),
      oProj: transposed(await get("self_attn.o_proj")),
      postAttentionLayernorm: vector(await get("post_attention_layernorm")),
      gateProj: transposed(await get("mlp.gate_proj")),
      upProj: transposed(await get("mlp.up_proj")),
      downProj: transposed(await get("mlp.down_proj")),
    });
  }
  return { embedTokens, layers: blocks, norm: vector(await read("norm.weight")), lmHead };
}

/** @returns `[size]`, owned by the caller. */
export function vector({ data }: HostWeight): Tensor1D {
  return tf.tensor1d(data);
}

/** @returns the matrix as stored, `[out, in]`. */
export function matrix({ data, shape }: HostWeight): Tensor2D {
  return tf.tensor2d(data, [shape[0] ?? 0, shape[1] ?? 0]);
}

/** @returns the matrix turned to `[in, out]`. */
export function transposed(weight: HostWeight): Tensor2D {
  return tf.tidy(() => tf.transpose(matrix(weight)));
}

/** Frees every tensor of the language model. */
export function disposeLlama({ embedTokens, layers, norm, lmHead }: LlamaWeights): void {
  tf.dispose([embedTokens, norm, lmHead, ...layers.flatMap((layer) => Object.values(layer) as Tensor1D[])]);
}

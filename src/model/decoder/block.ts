/** One transformer block: `mid = x + attn(norm(x))`, `post = mid + mlp(norm(mid))`. */

import type { Matrix } from "../tensor/held-matrix.js";
import { add } from "../tensor/ops.js";
import type { Tensor2D } from "../tensor/tf.js";
import { type AttentionContext, type AttentionWeights, attention, tensorsOfAttention } from "./attention.js";
import { visitColumns } from "./columns.js";
import type { Mlp } from "./mlp.js";
import { type Norm, type NormPlace, normed, tensorsOfNorm } from "./norm.js";

/** One block's weights. */
export interface BlockWeights {
  readonly norm1: Norm;
  readonly attention: AttentionWeights;
  readonly norm2: Norm;
  readonly mlp: Mlp;
}

/** What a block needs beside its input. */
export type BlockContext = Omit<AttentionContext, "weights"> & { readonly weights: BlockWeights };

/** @param x residual stream `[dModel, cells]`. @returns the block's output, before `hook_resid_post`. */
export function block(x: Tensor2D, { weights, ...context }: BlockContext): Tensor2D {
  const { layer, hooks, step } = context;
  const visit = (kind: Parameters<typeof visitColumns>[2]["kind"], value: Tensor2D): Tensor2D =>
    visitColumns(value, step, { hooks, layer, kind });
  const at = (name: NormPlace["name"]): NormPlace => ({ hooks, step, layer, name });
  const pre = visit("hook_resid_pre", x);
  const ln1 = normed(pre, weights.norm1, at("ln1"));
  const attnOut = visit("hook_attn_out", attention(ln1, { ...context, weights: weights.attention }));
  const mid = visit("hook_resid_mid", add(pre, attnOut));
  const ln2 = normed(mid, weights.norm2, at("ln2"));
  const mlpOut = visit("hook_mlp_out", weights.mlp.apply(ln2, { layer, hooks, step }));
  return add(mid, mlpOut);
}

/** The tensors of a block. */
export function tensorsOfBlock({ norm1, attention, norm2, mlp }: BlockWeights): Matrix[] {
  return [...tensorsOfNorm(norm1), ...tensorsOfAttention(attention), ...tensorsOfNorm(norm2), ...mlp.tensors];
}

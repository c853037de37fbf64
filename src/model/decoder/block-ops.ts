/** The ops of a transformer block: up to its queries, keys and values, and what follows its attention. */

import { addStates } from "../tensor/formulas.js";
import type { Tensor2D, Tensor4D } from "../tensor/tf.js";
import { attentionOutput, projected } from "./attention.js";
import type { BlockContext } from "./block-parts.js";
import { visitColumns } from "./columns.js";
import { normed } from "./norm.js";

/** @param pre residual stream `[dModel, cells]`. @returns queries over the root of dHead, keys and values. */
export function entered(
  pre: Tensor2D,
  { weights, ...context }: BlockContext,
): readonly [query: Tensor4D, k: Tensor4D, v: Tensor4D] {
  const { layer, hooks, step } = context;
  const ln1 = normed(pre, weights.norm1, { hooks, step, layer, name: "ln1" });
  return projected(ln1, { ...context, weights: weights.attention });
}

/** What follows attention starts from this. */
export interface Attended {
  readonly pre: Tensor2D;
  /** What attention gives. */
  readonly values: Tensor4D;
  /** Takes the place of `thought`. */
  readonly think?: (mid: Tensor2D) => Tensor2D;
}

/** @returns the block's output `[dModel, cells]`, before `hook_resid_post`. */
export function left({ pre, values, think }: Attended, context: BlockContext): Tensor2D {
  const { layer, hooks, step, weights } = context;
  const visit = (kind: Parameters<typeof visitColumns>[2]["kind"], value: Tensor2D): Tensor2D =>
    visitColumns(value, step, { hooks, layer, kind });
  const attnOut = visit("hook_attn_out", attentionOutput(values, { ...context, weights: weights.attention }));
  const mid = visit("hook_resid_mid", addStates(pre, attnOut));
  const mlpOut = visit("hook_mlp_out", think?.(mid) ?? thought(mid, context));
  return addStates(mid, mlpOut);
}

/** @param mid residual stream `[dModel, cells]` after attention. @returns what the MLP writes, before `hook_mlp_out`. */
export function thought(mid: Tensor2D, { weights, layer, hooks, step }: BlockContext): Tensor2D {
  const ln2 = normed(mid, weights.norm2, { hooks, step, layer, name: "ln2" });
  return weights.mlp.apply(ln2, { layer, hooks, step });
}

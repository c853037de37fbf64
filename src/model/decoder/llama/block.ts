/** One transformer block: `mid = x + attn(norm(x))`, `post = mid + mlp(norm(mid))`. */

import { add, multiply, rmsNormalize } from "../../tensor/ops.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { visitColumns } from "../columns.js";
import { type AttentionContext, attention } from "./attention.js";
import { mlp } from "./mlp.js";

/** @param x residual stream `[dModel, cells]`. @returns the block's output, before `hook_resid_post`. */
export function block(x: Tensor2D, context: AttentionContext): Tensor2D {
  const { config, layer, weights, hooks, step } = context;
  const eps = config.rmsNormEps;
  const visit = (kind: Parameters<typeof visitColumns>[2]["kind"], value: Tensor2D): Tensor2D =>
    visitColumns(value, step, { hooks, layer, kind });
  const pre = visit("hook_resid_pre", x);
  const ln1 = visit("ln1.hook_normalized", rmsNormalize(pre, eps));
  const attnOut = visit("hook_attn_out", attention(multiply(ln1, weights.inputLayernorm), context));
  const mid = visit("hook_resid_mid", add(pre, attnOut));
  const ln2 = visit("ln2.hook_normalized", rmsNormalize(mid, eps));
  const mlpOut = visit("hook_mlp_out", mlp(multiply(ln2, weights.postAttentionLayernorm), context));
  return add(mid, mlpOut);
}

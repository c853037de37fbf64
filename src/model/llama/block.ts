/** One transformer block: attention and MLP, each added to the residual stream after its norm. */

import { rmsNormalize } from "../tensor/ops.js";
import { type Tensor3D, tf } from "../tensor/tf.js";
import { type AttentionContext, attention } from "./attention.js";
import { mlp } from "./mlp.js";

/** @param input `hook_resid_pre` `[batch, position, dModel]`. @returns `hook_resid_post`, same shape. */
export function block(input: Tensor3D, context: AttentionContext): Tensor3D {
  const { config, layer, weights, hooks, step } = context;
  const eps = config.rmsNormEps;
  const pre = hooks.visit(layer, "hook_resid_pre", input, step);
  const ln1 = hooks.visit(layer, "ln1.hook_normalized", rmsNormalize(pre, eps), step);
  const attnOut = hooks.visit(layer, "hook_attn_out", attention(tf.mul(ln1, weights.inputLayernorm), context), step);
  const mid = hooks.visit(layer, "hook_resid_mid", tf.add(pre, attnOut) as Tensor3D, step);
  const ln2 = hooks.visit(layer, "ln2.hook_normalized", rmsNormalize(mid, eps), step);
  const mlpOut = hooks.visit(
    layer,
    "hook_mlp_out",
    mlp(tf.mul(ln2, weights.postAttentionLayernorm), weights, layer, hooks, step),
    step,
  );
  return hooks.visit(layer, "hook_resid_post", tf.add(mid, mlpOut) as Tensor3D, step);
}

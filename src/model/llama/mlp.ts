/** SwiGLU (Shazeer, arXiv 2002.05202): `down(silu(gate(x)) · up(x))`. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { linear } from "../tensor/ops.js";
import { type Tensor3D, tf } from "../tensor/tf.js";
import type { BlockWeights } from "./weights.js";

/** @param x normalised input `[batch, position, dModel]`. @returns `mlp_out` `[batch, position, dModel]`. */
export function mlp(x: Tensor3D, weights: BlockWeights, layer: number, hooks: RunHooks, step: Step): Tensor3D {
  const gate = hooks.visit(layer, "mlp.hook_pre", linear(x, weights.gateProj), step);
  const up = hooks.visit(layer, "mlp.hook_pre_linear", linear(x, weights.upProj), step);
  const silu = tf.mul(gate, tf.sigmoid(gate));
  const post = hooks.visit(layer, "mlp.hook_post", tf.mul(silu, up), step);
  return linear(post, weights.downProj) as Tensor3D;
}

/** SwiGLU (Shazeer, arXiv 2002.05202): `down(silu(gate(x)) · up(x))`. */

import { linear } from "../../tensor/linear.js";
import { multiply, sigmoid, slice } from "../../tensor/ops.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { visitColumns } from "../columns.js";
import type { AttentionContext } from "./attention.js";

/** @param x normalised input `[dModel, cells]`. @returns `mlp_out` `[dModel, cells]`. */
export function mlp(
  x: Tensor2D,
  { weights, layer, hooks, step }: Pick<AttentionContext, "weights" | "layer" | "hooks" | "step">,
): Tensor2D {
  const both = linear(weights.gateUpProj, x); // [2 * dMlp, cells]
  const [twice, cells] = both.shape;
  const dMlp = twice / 2;
  const gate = visitColumns(slice(both, [0, 0], [dMlp, cells]), step, { hooks, layer, kind: "mlp.hook_pre" });
  const up = visitColumns(slice(both, [dMlp, 0], [dMlp, cells]), step, { hooks, layer, kind: "mlp.hook_pre_linear" });
  const product = multiply(multiply(gate, sigmoid(gate)), up);
  return linear(weights.downProj, visitColumns(product, step, { hooks, layer, kind: "mlp.hook_post" }));
}

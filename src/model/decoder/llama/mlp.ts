/** SwiGLU (Shazeer, arXiv 2002.05202): `down(silu(gate(x)) · up(x))`. */

import type { RunHooks } from "../../hooks/run-hooks.js";
import type { Step } from "../../hooks/step.js";
import { linear, multiply, sigmoid, slice } from "../../tensor/ops.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { visitColumns } from "../columns.js";
import type { BlockWeights } from "./weights.js";

/** @param x normalised input `[dModel, cells]`. @returns `mlp_out` `[dModel, cells]`. */
export function mlp(x: Tensor2D, weights: BlockWeights, layer: number, hooks: RunHooks, step: Step): Tensor2D {
  const both = linear(weights.gateUpProj, x); // [2 * dMlp, cells]
  const [twice, cells] = both.shape;
  const dMlp = twice / 2;
  const gate = visitColumns(hooks, { layer, kind: "mlp.hook_pre" }, slice(both, [0, 0], [dMlp, cells]), step);
  const up = visitColumns(hooks, { layer, kind: "mlp.hook_pre_linear" }, slice(both, [dMlp, 0], [dMlp, cells]), step);
  const product = multiply(multiply(gate, sigmoid(gate)), up);
  return linear(weights.downProj, visitColumns(hooks, { layer, kind: "mlp.hook_post" }, product, step));
}

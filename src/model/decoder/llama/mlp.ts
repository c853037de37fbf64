/** SwiGLU (Shazeer, arXiv 2002.05202): `down(silu(gate(x)) · up(x))`. */

import { siluTimes } from "../../tensor/formulas.js";
import type { Matrix } from "../../tensor/held-matrix.js";
import { linear } from "../../tensor/linear.js";
import { slice } from "../../tensor/ops.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { visitColumns } from "../columns.js";
import type { Mlp, MlpPlace } from "../mlp.js";

/** An MLP with a gate and without biases. */
export class GatedMlp implements Mlp {
  readonly outputBias = null;

  constructor(
    /** gate, then up: `[2 * dMlp, dModel]`. */
    readonly gateUp: Matrix,
    /** `[dModel, dMlp]`. */
    readonly down: Matrix,
  ) {}

  get tensors(): Matrix[] {
    return [this.gateUp, this.down];
  }

  apply(x: Tensor2D, { layer, hooks, step }: MlpPlace): Tensor2D {
    const both = linear(this.gateUp, x); // [2 * dMlp, cells]
    const [twice, cells] = both.shape;
    const dMlp = twice / 2;
    const gate = visitColumns(slice(both, [0, 0], [dMlp, cells]), step, { hooks, layer, kind: "mlp.hook_pre" });
    const up = visitColumns(slice(both, [dMlp, 0], [dMlp, cells]), step, { hooks, layer, kind: "mlp.hook_pre_linear" });
    const product = siluTimes(gate, up);
    return linear(this.down, visitColumns(product, step, { hooks, layer, kind: "mlp.hook_post" }));
  }
}

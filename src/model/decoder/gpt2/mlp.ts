/** GPT-2's MLP: `c_proj(gelu_new(c_fc(x)))`, both with biases. */

import { geluTanh, geluTanhOfSum } from "../../tensor/formulas.js";
import type { Matrix } from "../../tensor/held-matrix.js";
import { linear } from "../../tensor/linear.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { visitColumns } from "../columns.js";
import type { Mlp, MlpPlace } from "../mlp.js";

/** A matrix `[out, in]` and what is added to its product, `[out, 1]`. */
export interface Affine {
  readonly weight: Matrix;
  readonly bias: Tensor2D;
}

/** An MLP without a gate. */
export class GeluMlp implements Mlp {
  constructor(
    readonly inner: Affine,
    readonly outer: Affine,
  ) {}

  get tensors(): Matrix[] {
    return [this.inner, this.outer].flatMap(({ weight, bias }) => [weight, bias]);
  }

  get outputBias(): Tensor2D {
    return this.outer.bias;
  }

  apply(x: Tensor2D, { layer, hooks, step }: MlpPlace): Tensor2D {
    const { weight, bias } = this.inner;
    const post = hooks.has(layer, "mlp.hook_pre")
      ? geluTanh(visitColumns(linear(weight, x, bias), step, { hooks, layer, kind: "mlp.hook_pre" }))
      : geluTanhOfSum(linear(weight, x), bias);
    const seen = visitColumns(post, step, { hooks, layer, kind: "mlp.hook_post" });
    return linear(this.outer.weight, seen, this.outer.bias);
  }
}

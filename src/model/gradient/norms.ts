/** Derivatives of softmax and of the norms of the residual stream. */

import { rmsScale } from "../tensor/formulas.js";
import { hasKernels, kernel, kernelNormBack } from "../tensor/kernels.js";
import { mean, multiply, subtract, sum } from "../tensor/ops.js";
import type { OpCall } from "../tensor/recording.js";
import type { Tensor, Tensor2D } from "../tensor/tf.js";
import type { Derivative, Keep } from "./derivative.js";

/** Of p = softmax(x) over the last axis: p · (dx - ⟨p, dx⟩), which is its own transpose. */
export function softmaxDerivative(p: Tensor): Derivative {
  const map = (x: Tensor): Tensor => {
    if (hasKernels()) return kernel("CodilensSoftmaxBack", [p, x]);
    const weighted = multiply(p, x);
    return subtract(weighted, multiply(p, sum(weighted, p.shape.length - 1)));
  };
  return { push: map, pull: map };
}

/**
 * Of z = r · m with m = x, centred in a LayerNorm, and r = 1 / √(mean(m²) + eps), over the first axis: r · (dm - z · mean(z · dm)), which
 * is its own transpose. Before it a change is centred, after it it is multiplied by the weight.
 */
export function normDerivative(
  { inputs: [input], centres, eps, weight }: Extract<OpCall, { readonly op: "norm" }>,
  keep: Keep,
): Derivative {
  const x = keep(input);
  const centred = (v: Tensor2D): Tensor2D => (centres ? subtract(v, mean(v, 0)) : v);
  const weighted = (v: Tensor2D): Tensor2D => (weight === null ? v : multiply(v, weight));
  const scaledDown = (change: Tensor2D): Tensor2D => {
    const moved = centred(x);
    const scale = rmsScale(moved, eps);
    const z = multiply(moved, scale);
    return multiply(subtract(change, multiply(z, mean(multiply(z, change), 0))), scale);
  };
  if (hasKernels())
    return {
      push: (change) => weighted(kernelNormBack(change as Tensor2D, { x, weight: null, centres, eps })),
      pull: (y) => kernelNormBack(y as Tensor2D, { x, weight, centres, eps }),
    };
  return {
    push: (change) => weighted(scaledDown(centred(change as Tensor2D))),
    pull: (y) => centred(scaledDown(weighted(y as Tensor2D))),
  };
}

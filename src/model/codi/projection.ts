/** CODI's projection: Linear → GELU → Linear → LayerNorm, from a hidden state to the next latent's input. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import type { TakeWeight } from "../llama/weights.js";
import { geluExact, layerNorm, linear } from "../tensor/ops.js";
import { type Tensor1D, type Tensor2D, type Tensor3D, tf } from "../tensor/tf.js";

const LAYER_NORM_EPS = 1e-5;

/** Weights of the projection, `[in, out]`. */
export interface ProjectionWeights {
  readonly inner: Tensor2D;
  readonly innerBias: Tensor1D;
  readonly outer: Tensor2D;
  readonly outerBias: Tensor1D;
  readonly norm: Tensor1D;
  readonly normBias: Tensor1D;
}

/** Puts the uploaded `prj.1`, `prj.3` and `prj.ln` in their places. */
export function projectionWeights(take: TakeWeight): ProjectionWeights {
  return {
    inner: take("prj.1.weight") as Tensor2D,
    innerBias: take("prj.1.bias") as Tensor1D,
    outer: take("prj.3.weight") as Tensor2D,
    outerBias: take("prj.3.bias") as Tensor1D,
    norm: take("prj.ln.weight") as Tensor1D,
    normBias: take("prj.ln.bias") as Tensor1D,
  };
}

/** Frees the projection's weights. */
export function disposeProjection(weights: ProjectionWeights): void {
  tf.dispose(Object.values(weights) as Tensor1D[]);
}

/**
 * @param hidden final-norm states `[batch, 1, dModel]`.
 * @returns the latent's input `[batch, 1, dModel]`, before `latents.hook_input`.
 */
export function project(hidden: Tensor3D, weights: ProjectionWeights, hooks: RunHooks, step: Step): Tensor3D {
  const state = hooks.visit(null, "latents.hook_hidden", hidden, step);
  const inner = hooks.visit(null, "prj.hook_pre", linear(state, weights.inner, weights.innerBias), step);
  const outer = linear(geluExact(inner), weights.outer, weights.outerBias);
  return hooks.visit(
    null,
    "prj.hook_post",
    layerNorm(outer, weights.norm, weights.normBias, LAYER_NORM_EPS) as Tensor3D,
    step,
  );
}

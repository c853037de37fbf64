/** CODI's projection: Linear → GELU → Linear → LayerNorm, from a hidden state to the next latent's input. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { visitColumns } from "../llama/columns.js";
import type { TakeWeight } from "../llama/weights.js";
import { geluExact, layerNorm, linear } from "../tensor/ops.js";
import { type Tensor2D, tf } from "../tensor/tf.js";

/** As `torch.nn.LayerNorm`'s default. */
export const LAYER_NORM_EPS = 1e-5;

/** Weights of the projection, `[out, in]`; biases and the norm's `[size, 1]`. */
export interface ProjectionWeights {
  readonly inner: Tensor2D;
  readonly innerBias: Tensor2D;
  readonly outer: Tensor2D;
  readonly outerBias: Tensor2D;
  readonly norm: Tensor2D;
  readonly normBias: Tensor2D;
}

/** Puts the uploaded `prj.1`, `prj.3` and `prj.ln` in their places. */
export function projectionWeights(take: TakeWeight): ProjectionWeights {
  const one = (name: string): Tensor2D => take(name)[0] as Tensor2D;
  return {
    inner: one("prj.1.weight"),
    innerBias: one("prj.1.bias"),
    outer: one("prj.3.weight"),
    outerBias: one("prj.3.bias"),
    norm: one("prj.ln.weight"),
    normBias: one("prj.ln.bias"),
  };
}

/** Frees the projection's weights. */
export function disposeProjection(weights: ProjectionWeights): void {
  tf.dispose(Object.values(weights) as Tensor2D[]);
}

/**
 * @param hidden final-norm states `[dModel, rows]`.
 * @param step the latent's.
 * @returns the latent's input `[dModel, rows]`, before `latents.hook_input`.
 */
export function project(hidden: Tensor2D, weights: ProjectionWeights, hooks: RunHooks, step: Step): Tensor2D {
  const state = visitColumns(hooks, { layer: null, kind: "latents.hook_hidden" }, hidden, step);
  const sum = linear(weights.inner, state, weights.innerBias);
  const inner = visitColumns(hooks, { layer: null, kind: "prj.hook_pre" }, sum, step);
  const outer = linear(weights.outer, geluExact(inner), weights.outerBias);
  const post = layerNorm(outer, weights.norm, weights.normBias, LAYER_NORM_EPS);
  return visitColumns(hooks, { layer: null, kind: "prj.hook_post" }, post, step);
}

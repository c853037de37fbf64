/** CODI's projection: Linear → GELU → Linear → LayerNorm (which some are trained without), from a hidden state to the next latent's input. */

import { visitColumns } from "../decoder/columns.js";
import type { TakeWeight } from "../decoder/decoder.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { geluExact, normColumns } from "../tensor/formulas.js";
import { linear } from "../tensor/linear.js";
import { type Tensor2D, tf } from "../tensor/tf.js";

/** As `torch.nn.LayerNorm`'s default. */
export const LAYER_NORM_EPS = 1e-5;

/** Weights of the projection, `[out, in]`; biases and the norm's `[size, 1]`. */
export interface ProjectionWeights {
  readonly inner: Tensor2D;
  readonly innerBias: Tensor2D;
  readonly outer: Tensor2D;
  readonly outerBias: Tensor2D;
  /** Null where the projection was trained without its LayerNorm. */
  readonly norm: ProjectionNorm | null;
}

/** The LayerNorm that ends a projection. */
export interface ProjectionNorm {
  readonly weight: Tensor2D;
  readonly bias: Tensor2D;
}

/** Puts the uploaded `prj.1`, `prj.3` and `prj.ln` in their places. @param hasNorm is there a `prj.ln`? */
export function projectionWeights(take: TakeWeight, hasNorm: boolean): ProjectionWeights {
  const one = (name: string): Tensor2D => take(name)[0] as Tensor2D;
  return {
    inner: one("prj.1.weight"),
    innerBias: one("prj.1.bias"),
    outer: one("prj.3.weight"),
    outerBias: one("prj.3.bias"),
    norm: hasNorm ? { weight: one("prj.ln.weight"), bias: one("prj.ln.bias") } : null,
  };
}

/** Frees the projection's weights. */
export function disposeProjection(weights: ProjectionWeights): void {
  const { inner, innerBias, outer, outerBias, norm } = weights;
  tf.dispose([inner, innerBias, outer, outerBias, ...(norm === null ? [] : [norm.weight, norm.bias])]);
}

/**
 * @param hidden final-norm states `[dModel, rows]`, after `latents.hook_hidden`.
 * @param step the latent's.
 * @returns the latent's input `[dModel, rows]`, before `latents.hook_input`.
 */
export function project(
  hidden: Tensor2D,
  weights: ProjectionWeights,
  { hooks, step }: { readonly hooks: RunHooks; readonly step: Step },
): Tensor2D {
  const sum = linear(weights.inner, hidden, weights.innerBias);
  const inner = visitColumns(sum, step, { hooks, layer: null, kind: "prj.hook_pre" });
  const outer = linear(weights.outer, geluExact(inner), weights.outerBias);
  const { norm } = weights;
  const post = norm === null ? outer : normColumns(outer, { centres: true, eps: LAYER_NORM_EPS, affine: norm });
  return visitColumns(post, step, { hooks, layer: null, kind: "prj.hook_post" });
}

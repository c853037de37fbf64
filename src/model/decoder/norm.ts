/** The norms of the residual stream `[dModel, cells]`: RMSNorm (Zhang and Sennrich 2019), and LayerNorm, which centres first and adds a bias. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { affineColumns, meanSquare, normColumns, rmsScale } from "../tensor/formulas.js";
import { divide, mean, multiply, squareRoot, subtract } from "../tensor/ops.js";
import type { Tensor2D } from "../tensor/tf.js";
import { visitColumns } from "./columns.js";

/** One norm. */
export interface Norm {
  /** `[dModel, 1]`. */
  readonly weight: Tensor2D;
  /** `[dModel, 1]`; null where nothing is added. */
  readonly bias: Tensor2D | null;
  /** Is the mean taken out first? Then it is a LayerNorm. */
  readonly centres: boolean;
  readonly eps: number;
}

/** Where the sites of a norm are. */
export interface NormPlace {
  readonly hooks: RunHooks;
  readonly step: Step;
  readonly layer: number | null;
  readonly name: "ln1" | "ln2" | "ln_final";
}

/** @param x states `[dModel, cells]`. @param place none where no hook looks. @returns what the norm gives, owned by the caller. */
export function normed(x: Tensor2D, norm: Norm, place?: NormPlace): Tensor2D {
  return place === undefined || !isLookedAt(place)
    ? normColumns(x, { centres: norm.centres, eps: norm.eps, affine: norm })
    : affineColumns(visited(x, norm, place), norm);
}

/**
 * Takes directions from behind a norm to before it. Its scale is held, cell by cell, at what the states before it give.
 *
 * @param directions `[dModel, cells]`. @param options `states`: those before the norm. @returns `[dModel, cells]`, owned by the caller.
 */
export function throughNorm(directions: Tensor2D, norm: Norm, { states }: { readonly states: Tensor2D }): Tensor2D {
  const weighted = centred(multiply(directions, norm.weight), norm);
  return multiply(weighted, rmsScale(centred(states, norm), norm.eps));
}

/** The tensors of a norm. */
export function tensorsOfNorm({ weight, bias }: Norm): Tensor2D[] {
  return bias === null ? [weight] : [weight, bias];
}

function centred(x: Tensor2D, { centres }: Norm): Tensor2D {
  return centres ? subtract(x, mean(x, 0)) : x;
}

function isLookedAt({ hooks, layer, name }: NormPlace): boolean {
  return hooks.has(layer, `${name}.hook_scale`) || hooks.has(layer, `${name}.hook_normalized`);
}

function visited(x: Tensor2D, norm: Norm, { hooks, step, layer, name }: NormPlace): Tensor2D {
  const kind = `${name}.hook_normalized` as const;
  return visitColumns(divided(x, norm, { hooks, step, layer, name }), step, { hooks, layer, kind });
}

function divided(x: Tensor2D, norm: Norm, { hooks, step, layer, name }: NormPlace): Tensor2D {
  const kind = `${name}.hook_scale` as const;
  if (!hooks.has(layer, kind) || !hooks.wants(layer, kind, step))
    return normColumns(x, { centres: norm.centres, eps: norm.eps });
  const moved = centred(x, norm);
  const scale = squareRoot(meanSquare(moved, norm.eps));
  const seen = visitColumns(scale, step, { hooks, layer, kind });
  // A look alone changes no digit.
  return seen === scale ? normColumns(x, { centres: norm.centres, eps: norm.eps }) : divide(moved, seen);
}

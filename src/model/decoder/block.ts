/** One transformer block: `mid = x + attn(norm(x))`, `post = mid + mlp(norm(mid))`. */

import type { Matrix } from "../tensor/held-matrix.js";
import { type Calls, inOneCall } from "../tensor/one-call/one-call.js";
import type { Tensor2D, Tensor4D } from "../tensor/tf.js";
import { mixed, tensorsOfAttention } from "./attention.js";
import { callsOfBlock } from "./block-calls.js";
import { entered, left, thought } from "./block-ops.js";
import type { BlockContext, BlockWeights } from "./block-parts.js";
import { visitColumns } from "./columns.js";
import { tensorsOfNorm } from "./norm.js";

/** @param x residual stream `[dModel, cells]`. @returns the block's output, before `hook_resid_post`. */
export function block(x: Tensor2D, context: BlockContext): Tensor2D {
  const { layer, hooks, step, extend } = context;
  const calls = callsOfBlock(context);
  const inAttention = { ...context, weights: context.weights.attention };
  const pre = visitColumns(x, step, { hooks, layer, kind: "hook_resid_pre" });
  const [query, k, v] = together(calls.entering(pre), () => entered(pre, context));
  const blocks = extend({ k, v });
  const [values] = together(calls.attending(query, blocks), () => [mixed(query, blocks, inAttention)]);
  const leaving = calls.leaving(pre, values);
  if (leaving !== null) return inOneCall(leaving, () => [left({ pre, values }, context)] as const)[0];
  const think = (mid: Tensor2D): Tensor2D => together(calls.thinking(mid), () => [thought(mid, context)] as const)[0];
  return left({ pre, values, think }, context);
}

/** Hooks that look into a block want its ops one by one. */
function together<T extends readonly (Tensor2D | Tensor4D)[]>(calls: Calls | null, body: () => T): T {
  return calls === null ? body() : inOneCall(calls, body);
}

/** The tensors of a block. */
export function tensorsOfBlock({ norm1, attention, norm2, mlp }: BlockWeights): Matrix[] {
  return [...tensorsOfNorm(norm1), ...tensorsOfAttention(attention), ...tensorsOfNorm(norm2), ...mlp.tensors];
}

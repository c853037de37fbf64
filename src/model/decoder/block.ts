/** One transformer block: `mid = x + attn(norm(x))`, `post = mid + mlp(norm(mid))`. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Matrix } from "../tensor/held-matrix.js";
import { type Calls, inOneCall } from "../tensor/one-call/one-call.js";
import { concat } from "../tensor/ops.js";
import { type Tensor2D, type Tensor4D, tf } from "../tensor/tf.js";
import { type Mixed, mixed, tensorsOfAttention } from "./attention.js";
import { type AttendingCalls, callsOfBlock, NO_HOOKS, quietBlock } from "./block-calls.js";
import { blocksAtOnce, growing } from "./block-chain.js";
import { entered, left, thought } from "./block-ops.js";
import type { BlockContext, BlockWeights } from "./block-parts.js";
import { visitColumns } from "./columns.js";
import { type BlockKeys, ownBlock } from "./key-book.js";
import type { KeyValue } from "./kv-cache.js";
import { tensorsOfNorm } from "./norm.js";

/** @param x residual stream `[dModel, cells]`. @returns the block's output, before `hook_resid_post`. */
export function block(x: Tensor2D, context: BlockContext): Tensor2D {
  const { layer, hooks, step, keys } = context;
  const calls = callsOfBlock(context);
  const inAttention = { ...context, weights: context.weights.attention };
  const pre = visitColumns(x, step, { hooks, layer, kind: "hook_resid_pre" });
  const whole = calls.whole(pre);
  if (whole !== null) return whole;
  const entering = calls.entering(pre);
  const [query, k, v] = together(entering, () => entered(pre, context));
  const { tail } = keys;
  const grown = tail === null ? { k, v } : grownBy(tail, { k, v, calls: entering && growing(tail, { k, v }) });
  keys.keep(grown);
  const blocks = [...keys.before, ownBlock(grown, step.rows)];
  const values = attended(
    calls.attending(query, blocks),
    (hooks) => mixed(query, blocks, { ...inAttention, hooks }),
    context,
  );
  const leaving = calls.leaving(pre, values);
  if (leaving !== null) return inOneCall(leaving, () => [left({ pre, values }, context)] as const)[0];
  const think = (mid: Tensor2D): Tensor2D => together(calls.thinking(mid), () => [thought(mid, context)] as const)[0];
  return left({ pre, values, think }, context);
}

/** A block whose keys are yet to be read. */
export type WaitingBlock = Omit<BlockContext, "keys"> & { readonly keysOf: () => BlockKeys };

/** Blocks one after the other; where there are several, no hook looks before the last one's output, and reading their keys copies none. */
export function blocks(x: Tensor2D, waiting: readonly WaitingBlock[]): Tensor2D {
  // What passes inside a block is freed with it, and its memory is the next one's.
  const oneByOne = (read: readonly (() => BlockContext)[]): Tensor2D =>
    read.reduce((before, context) => tf.tidy(() => block(before, context())), x);
  const read = waiting.map(
    ({ keysOf, ...context }) =>
      (): BlockContext => ({ ...context, keys: keysOf() }),
  );
  if (read.length < 2) return oneByOne(read);
  const contexts = read.map((context) => context());
  const quiet = contexts.map(quietBlock);
  const output = quiet.every((each) => each !== null) ? blocksAtOnce(x, quiet) : null;
  return output ?? oneByOne(contexts.map((context) => () => context));
}

/** Keys and values appended to those before. */
function grownBy(tail: KeyValue, { calls, ...entry }: KeyValue & { readonly calls: Calls | null }): KeyValue {
  const after = (which: "k" | "v"): Tensor4D => concat([tail[which], entry[which]], 2);
  const [k, v] = together(calls, () => [after("k"), after("v")] as const);
  return { k, v };
}

/** A pattern that is only looked at is shown once attention is done, so that it can be one call all the same. */
function attended(
  calls: AttendingCalls | null,
  body: (hooks: RunHooks) => Mixed,
  { hooks, layer, step }: BlockContext,
): Tensor4D {
  if (calls === null) return body(hooks)[0];
  if (!calls.showsPattern) return inOneCall(calls, () => [body(hooks)[0]] as const)[0];
  const [values, pattern] = inOneCall(calls, () => body(NO_HOOKS));
  hooks.show(pattern, step, { layer, kind: "attn.hook_pattern" });
  return values;
}

/** Hooks that look into a block want its ops one by one. */
function together<T extends readonly (Tensor2D | Tensor4D)[]>(calls: Calls | null, body: () => T): T {
  return calls === null ? body() : inOneCall(calls, body);
}

/** The tensors of a block. */
export function tensorsOfBlock({ norm1, attention, norm2, mlp }: BlockWeights): Matrix[] {
  return [...tensorsOfNorm(norm1), ...tensorsOfAttention(attention), ...tensorsOfNorm(norm2), ...mlp.tensors];
}

/** A block in which no hook looks, as one call of the engine. */

import { inOneChain, type Link, type Made } from "../tensor/one-call/chain.js";
import type { Tensor, Tensor2D, Tensor4D } from "../tensor/tf.js";
import type { BlockContext } from "./block-parts.js";
import type { Fold } from "./folds.js";
import { ownFold } from "./key-book.js";
import type { KeyValue } from "./kv-cache.js";

/** The kinds of a block's calls, and the tensors that they use of it. */
export interface BlockKinds {
  readonly entering: string;
  readonly attending: (folds: readonly Fold[]) => string;
  readonly leaving: string;
  readonly weights: { readonly entering: readonly Tensor[]; readonly leaving: readonly Tensor[] };
}

/** Keys and values that a link makes. */
interface MadeKeys {
  readonly k: Made;
  readonly v: Made;
}

/** The call that appends a forward's keys and values to those before. */
export function growing<T extends Link["inputs"][number]>(
  tail: KeyValue,
  { k, v }: { readonly k: T; readonly v: T },
): { readonly kind: string; readonly inputs: readonly (Tensor | T)[] } {
  return { kind: "growing", inputs: [tail.k, k, tail.v, v] };
}

/** @param pre residual stream `[dModel, cells]`. @returns the block's output; null where its parts have no graphs so far. */
export function wholeBlock(
  pre: Tensor2D,
  { kinds, ...context }: BlockContext & { readonly kinds: BlockKinds },
): Tensor2D | null {
  const { config, step, keys, rotation, mask } = context;
  const { heads, kvHeads, dHead, dModel } = config;
  const { rows, columns } = step;
  const { before, tail } = keys;
  const length = (tail?.k.shape[2] ?? 0) + columns;
  const keysMade = (link: number, { first, length }: { readonly first: number; readonly length: number }): MadeKeys => {
    const shape = [rows, kvHeads, length, dHead];
    return { k: { link, output: first, shape }, v: { link, output: first + 1, shape } };
  };
  const entry = keysMade(0, { first: 1, length: columns });
  const grown = tail === null ? entry : keysMade(1, { first: 0, length });
  const turn = rotation === null ? [] : [rotation.cos, rotation.sin];
  const attended = tail === null ? 1 : 2;
  const perQuery = { output: 0, shape: [rows, heads, columns, dHead] };
  const results = inOneChain(
    [
      { kind: kinds.entering, inputs: [pre, ...turn, ...kinds.weights.entering] },
      ...(tail === null ? [] : [growing(tail, entry)]),
      {
        kind: kinds.attending([...before.map(({ fold }) => fold), ownFold(rows)]),
        inputs: [
          { link: 0, ...perQuery },
          ...before.flatMap(({ k, v }) => [k, v]),
          grown.k,
          grown.v,
          ...(mask === null ? [] : [mask]),
        ],
      },
      {
        kind: kinds.leaving,
        inputs: [pre, { link: attended, ...perQuery }, ...kinds.weights.leaving],
      },
    ],
    [{ link: attended + 1, output: 0, shape: [dModel, rows * columns] }, grown.k, grown.v],
  );
  if (results === null) return null;
  const [output, k, v] = results as [Tensor2D, Tensor4D, Tensor4D];
  keys.keep({ k, v });
  return output;
}

/** Blocks in which no hook looks, as one call of the engine. */

import { type Chain, inOneChain, type Link, type Made } from "../tensor/one-call/chain.js";
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

/** A block, and the calls that it consists of. */
export type BlockOfCalls = BlockContext & { readonly kinds: BlockKinds };

/** The call that appends a forward's keys and values to those before. */
export function growing<T extends Link["inputs"][number]>(
  tail: KeyValue,
  { k, v }: { readonly k: T; readonly v: T },
): { readonly kind: string; readonly inputs: readonly (Tensor | T)[] } {
  return { kind: "growing", inputs: [tail.k, k, tail.v, v] };
}

/**
 * Blocks of the same rows, one after the other.
 *
 * @param pre residual stream `[dModel, cells]`.
 * @returns the last one's output; null where their parts have no graphs so far.
 */
export function blocksAtOnce(pre: Tensor2D, blocks: readonly BlockOfCalls[]): Tensor2D | null {
  const results = inOneChain({
    key: `blocks ${blocks.map(keyOfBlock).join(" > ")}`,
    given: blocks.flatMap((block, place) => givenTo(block, place === 0 ? [pre] : [])),
    chain: () => chainOf(pre, blocks),
  });
  if (results === null) return null;
  const [output, ...kept] = results as [Tensor2D, ...Tensor4D[]];
  for (const [place, { keys }] of blocks.entries())
    keys.keep({ k: kept[2 * place] as Tensor4D, v: kept[2 * place + 1] as Tensor4D });
  return output;
}

/** What decides a block's calls: their kinds, which name the model and the rows, and how long its keys are. */
function keyOfBlock({ kinds, keys: { before, tail }, step, mask }: BlockOfCalls): string {
  const folds = [...before.map(({ fold }) => fold), ownFold(step.rows)];
  const lengths = [tail?.k, ...before.map(({ k }) => k)].map((k) =>
    k === undefined ? "" : `${k.shape[0]}x${k.shape[2]}`,
  );
  return `${kinds.entering} ${kinds.attending(folds)} ${lengths}${mask === null ? "" : ` ${mask.shape}`}`;
}

/** The tensors of a block in the order of its links. @param pre what it reads, where that is made by no link. */
function givenTo({ kinds, keys, rotation, mask }: BlockOfCalls, pre: readonly Tensor[]): Tensor[] {
  const { before, tail } = keys;
  return [
    ...pre,
    ...turnOf({ rotation }),
    ...kinds.weights.entering,
    ...(tail === null ? [] : [tail.k, tail.v]),
    ...before.flatMap(({ k, v }) => [k, v]),
    ...(mask === null ? [] : [mask]),
    ...pre,
    ...kinds.weights.leaving,
  ];
}

function turnOf({ rotation }: Pick<BlockContext, "rotation">): Tensor[] {
  return rotation === null ? [] : [rotation.cos, rotation.sin];
}

function chainOf(pre: Tensor2D, blocks: readonly BlockOfCalls[]): Chain {
  const links: Link[] = [];
  const grown: MadeKeys[] = [];
  let residual: Tensor2D | Made = pre;
  for (const block of blocks) {
    const { own, keys, output } = linksOf(residual, block, { first: links.length });
    links.push(...own);
    grown.push(keys);
    residual = output;
  }
  return { links, results: [residual as Made, ...grown.flatMap(({ k, v }) => [k, v])] };
}

/** Keys and values that a link makes. */
interface MadeKeys {
  readonly k: Made;
  readonly v: Made;
}

/** One block's links. @param first the number of the first of them. */
function linksOf(
  pre: Tensor2D | Made,
  { kinds, config, step, keys, rotation, mask }: BlockOfCalls,
  { first }: { readonly first: number },
): { readonly own: readonly Link[]; readonly keys: MadeKeys; readonly output: Made } {
  const { heads, kvHeads, dHead, dModel } = config;
  const { rows, columns } = step;
  const { before, tail } = keys;
  const keysMade = (
    link: number,
    { output, length }: { readonly output: number; readonly length: number },
  ): MadeKeys => {
    const shape = [rows, kvHeads, length, dHead];
    return { k: { link, output, shape }, v: { link, output: output + 1, shape } };
  };
  const entry = keysMade(first, { output: 1, length: columns });
  const grown = tail === null ? entry : keysMade(first + 1, { output: 0, length: (tail.k.shape[2] ?? 0) + columns });
  const attended = first + (tail === null ? 1 : 2);
  const perQuery = { output: 0, shape: [rows, heads, columns, dHead] };
  const own = [
    { kind: kinds.entering, inputs: [pre, ...turnOf({ rotation }), ...kinds.weights.entering] },
    ...(tail === null ? [] : [growing(tail, entry)]),
    {
      kind: kinds.attending([...before.map(({ fold }) => fold), ownFold(rows)]),
      inputs: [
        { link: first, ...perQuery },
        ...before.flatMap(({ k, v }) => [k, v]),
        grown.k,
        grown.v,
        ...(mask === null ? [] : [mask]),
      ],
    },
    { kind: kinds.leaving, inputs: [pre, { link: attended, ...perQuery }, ...kinds.weights.leaving] },
  ];
  return { own, keys: grown, output: { link: attended + 1, output: 0, shape: [dModel, rows * columns] } };
}

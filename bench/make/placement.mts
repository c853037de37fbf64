/**
 * Where each number of a small LLaMA with CODI's projection goes in a large one that computes the same:
 * - The stream's values stand first and zeros follow. The mean of squares is smaller for them, so RMSNorm's weights are too.
 * - A head's pairs keep their frequencies: they stand as many times farther apart as the head is larger.
 * - Queries are larger, because the large model divides scores by the root of its own dHead.
 * - The projection repeats its values before its LayerNorm, whose mean and variance are then the small one's.
 * - Added rows of the vocabulary are zero. So are their logits, and the best token of a trained model has a larger one.
 */

import type { Shape } from "./random-checkpoint.mjs";

/** Rows for pad, BOT and EOT beyond `Shape.vocab`. */
export const SPECIALS = 3;

/** The two shapes. */
export interface Sizes {
  readonly small: Shape;
  readonly large: Shape;
}

/** One dimension of a tensor. */
export interface Axis {
  /** Its length in the large tensor. */
  readonly length: number;
  /** For each index of the small tensor, those of the large one that hold the same. */
  readonly targets: readonly (readonly number[])[];
}

/** One tensor. */
export interface Placement {
  /** One or two; the last one lies together in memory. */
  readonly axes: readonly Axis[];
  readonly factor: number;
}

/** What is wrong with two shapes, or null. */
export function sizesProblem({ small, large }: Sizes): string | null {
  const named = (name: keyof Shape): string => `${name} ${large[name]} does not hold ${small[name]}`;
  const lesser = (Object.keys(small) as (keyof Shape)[]).find((name) => large[name] < small[name]);
  if (lesser !== undefined) return named(lesser);
  const [few, wanted] = [large.heads / large.kvHeads, small.heads / small.kvHeads];
  if (few < wanted) return `${few} query heads for each key head do not hold ${wanted}`;
  const uneven = (["dModel", "dHead"] as const).find((name) => large[name] % small[name] !== 0);
  return uneven === undefined ? null : `${uneven} ${large[uneven]} is no multiple of ${small[uneven]}`;
}

/** @param name as the checkpoint has it. @throws RangeError for a tensor that is not known. */
export function placementOf(name: string, sizes: Sizes): Placement {
  const { small, large } = sizes;
  const stream = padded(small.dModel, large.dModel);
  const inner = padded(small.dMlp, large.dMlp);
  const vocabulary = padded(small.vocab + SPECIALS, large.vocab + SPECIALS);
  const repeated = repeatedOf(small.dModel, large.dModel);
  const keys = keyHeads(sizes);
  const queries = queryHeads(sizes);
  const norm = { axes: [stream], factor: Math.sqrt(small.dModel / large.dModel) };
  const plain = (...axes: Axis[]): Placement => ({ axes, factor: 1 });
  const placements: Readonly<Record<string, Placement>> = {
    "embed_tokens.weight": plain(vocabulary, stream),
    "input_layernorm.weight": norm,
    "post_attention_layernorm.weight": norm,
    "model.norm.weight": norm,
    "q_proj.weight": { axes: [queries, stream], factor: Math.sqrt(large.dHead / small.dHead) },
    "k_proj.weight": plain(keys, stream),
    "v_proj.weight": plain(keys, stream),
    "o_proj.weight": plain(stream, queries),
    "gate_proj.weight": plain(inner, stream),
    "up_proj.weight": plain(inner, stream),
    "down_proj.weight": plain(stream, inner),
    "prj.1.weight": plain(stream, stream),
    "prj.1.bias": plain(stream),
    "prj.3.weight": plain(repeated, stream),
    "prj.3.bias": plain(repeated),
    "prj.ln.weight": plain(stream),
    "prj.ln.bias": plain(stream),
  };
  const [, placement] = Object.entries(placements).find(([end]) => name.endsWith(end)) ?? [];
  if (placement === undefined) throw new RangeError(`Where does ${name} go?`);
  return placement;
}

function padded(small: number, large: number): Axis {
  return { length: large, targets: Array.from({ length: small }, (_, i) => [i]) };
}

function repeatedOf(small: number, large: number): Axis {
  const times = Array.from({ length: large / small }, (_, i) => i * small);
  return { length: large, targets: Array.from({ length: small }, (_, i) => times.map((begin) => begin + i)) };
}

function keyHeads(sizes: Sizes): Axis {
  const { small, large } = sizes;
  return headsOf(sizes, { length: large.kvHeads, places: Array.from({ length: small.kvHeads }, (_, head) => head) });
}

/** A query head stays with the key head that it reads. */
function queryHeads(sizes: Sizes): Axis {
  const { small, large } = sizes;
  const [own, wide] = [small.heads / small.kvHeads, large.heads / large.kvHeads];
  const places = Array.from({ length: small.heads }, (_, head) => Math.floor(head / own) * wide + (head % own));
  return headsOf(sizes, { length: large.heads, places });
}

/** Rotation turns dimension i of a head with i + dHead / 2. */
function headsOf({ small, large }: Sizes, heads: { readonly length: number; readonly places: number[] }): Axis {
  const stride = large.dHead / small.dHead;
  const half = small.dHead / 2;
  const place = (i: number): number => (i < half ? i * stride : large.dHead / 2 + (i - half) * stride);
  return {
    length: heads.length * large.dHead,
    targets: heads.places.flatMap((head) =>
      Array.from({ length: small.dHead }, (_, i) => [head * large.dHead + place(i)]),
    ),
  };
}

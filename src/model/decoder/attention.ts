/** Grouped-query attention over the segments of a cache: shared prefix and own suffix are multiplied apart, one softmax spans both. */

import type { BlockSite } from "../hooks/names.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { addStates, joinedHeads, softmax, softmaxOfMasked, turnedBy } from "../tensor/formulas.js";
import { inFloat32, type Matrix } from "../tensor/held-matrix.js";
import { hasKernels, kernelHeads } from "../tensor/kernels.js";
import { headProducts, linear } from "../tensor/linear.js";
import { add, batchMatMul, concat, reshape, scaled, split, sum, transpose } from "../tensor/ops.js";
import { isRecording } from "../tensor/recording.js";
import type { Tensor2D, Tensor4D, tf } from "../tensor/tf.js";
import { toColumns, visitColumns } from "./columns.js";
import type { DecoderConfig } from "./config.js";
import { type Fold, foldRows, unfoldRows } from "./folds.js";
import type { KeyBlock } from "./key-book.js";
import type { KeyValue } from "./kv-cache.js";
import type { Rotation } from "./rope.js";

/** One block's weights of attention. */
export interface AttentionWeights {
  /** q, k and v one below the other: `[(heads + 2 * kvHeads) * dHead, dModel]`. */
  readonly qkv: Matrix;
  /** `[(heads + 2 * kvHeads) * dHead, 1]`; null where nothing is added. */
  readonly qkvBias: Tensor2D | null;
  /** `[dModel, heads * dHead]`. */
  readonly output: Matrix;
  /** `[dModel, 1]`; null where nothing is added. */
  readonly outputBias: Tensor2D | null;
}

/** What attention needs beside its input. */
export interface AttentionContext {
  readonly config: Pick<DecoderConfig, "heads" | "kvHeads" | "dHead" | "dModel">;
  readonly layer: number;
  readonly weights: AttentionWeights;
  /** Null where positions turn no queries and keys. */
  readonly rotation: Rotation | null;
  /** `[batch, 1, query, key]`, 0 or a large negative number; null where every key is visible. */
  readonly mask: Tensor4D | null;
  readonly hooks: RunHooks;
  readonly step: Step;
}

const STRAIGHT = ["attn.hook_q", "attn.hook_k"] as const;
const TURNED = ["attn.hook_rot_q", "attn.hook_rot_k"] as const;
const LOOKED_AT = [...STRAIGHT, ...TURNED, "attn.hook_v"] as const;

/** The tensors of one block's attention. */
export function tensorsOfAttention({ qkv, qkvBias, output, outputBias }: AttentionWeights): Matrix[] {
  return [qkv, qkvBias, output, outputBias].filter((tensor) => tensor !== null);
}

/** @param x normalised input `[dModel, cells]`. @returns queries over the root of dHead, keys and values, `[batch, heads, position, dHead]` each. */
export function projected(x: Tensor2D, context: AttentionContext): readonly [Tensor4D, Tensor4D, Tensor4D] {
  const { config, weights, rotation, layer, hooks, step } = context;
  const flat = linear(weights.qkv, x, weights.qkvBias ?? undefined);
  const scale = 1 / Math.sqrt(config.dHead);
  if (hasKernels() && !isRecording() && !LOOKED_AT.some((kind) => hooks.has(layer, kind))) {
    const { heads, kvHeads, dHead } = config;
    const turn = rotation === null ? [] : [rotation.cos, rotation.sin];
    return kernelHeads(flat, { heads, kvHeads, dHead, rows: step.rows, columns: step.columns, scale, turn });
  }
  const { q, k, v } = headsOf(flat, context);
  return [scaled(q, scale), k, v];
}

/** What attention gives. */
export type Mixed = readonly [
  /** Values weighted by the pattern, `[batch, heads, position, dHead]`. */
  values: Tensor4D,
  /** `[batch, heads, query, key]`. */
  pattern: Tensor4D,
];

/** @param blocks keys and values of all that came before and of this forward. */
export function mixed(query: Tensor4D, blocks: readonly KeyBlock[], context: AttentionContext): Mixed {
  const beside = context.weights.qkv;
  const folded = new Map<Fold, Tensor4D>();
  const perBlock = blocks.map((block) => scoresAgainst(query, block, { folded, beside }));
  const scores = visitPattern(concat(perBlock, 3), "attn.hook_attn_scores", context);
  const shares = context.mask === null ? softmax(scores) : softmaxOfMasked(scores, context.mask);
  const pattern = visitPattern(shares, "attn.hook_pattern", context);
  return [weightedValues(pattern, blocks, { beside }), pattern];
}

/** Queries, keys and values, each `[batch, heads, position, dHead]`. @param flat one below the other, `[(heads + 2 * kvHeads) * dHead, cells]`. */
function headsOf(flat: Tensor2D, context: AttentionContext): KeyValue & { readonly q: Tensor4D } {
  const { config, rotation, step, layer, hooks } = context;
  const { heads, kvHeads, dHead } = config;
  const { rows, columns } = step;
  const all = heads + 2 * kvHeads;
  if (rotation === null && !LOOKED_AT.some((kind) => hooks.has(layer, kind))) {
    // One transposition for all three.
    const laid: Tensor4D =
      rows * columns === 1
        ? reshape(flat, [1, all, 1, dHead])
        : transpose(reshape<tf.Rank.R4>(flat, [all, dHead, rows, columns]), [2, 0, 3, 1]);
    const [q, k, v] = split(laid, { sizes: [heads, kvHeads, kvHeads], axis: 1 }) as [Tensor4D, Tensor4D, Tensor4D];
    return { q, k, v };
  }
  // Along the first axis a part shares the whole one's memory.
  const [own, values] = split<Tensor4D>(reshape(flat, [all, dHead, rows, columns]), {
    sizes: [heads + kvHeads, kvHeads],
    axis: 0,
  }) as [Tensor4D, Tensor4D];
  const straight = visitHeads(own, STRAIGHT, context);
  const turned = rotation === null ? straight : visitHeads(turnedBy(straight, rotation), TURNED, context);
  const v = visitOneKind(values, "attn.hook_v", context);
  const [q, k] = split(turned, { sizes: [heads, kvHeads], axis: 0 }) as [Tensor4D, Tensor4D];
  return { q: byRow(q), k: byRow(k), v: byRow(v) };
}

function visitPattern(x: Tensor4D, kind: BlockSite, { hooks, layer, step }: AttentionContext): Tensor4D {
  return hooks.has(layer, kind) ? hooks.visit(x, step, { layer, kind }) : x;
}

/** Queries and keys `[heads + kvHeads, dHead, batch, position]` through the hooks of each. */
function visitHeads(x: Tensor4D, kinds: typeof STRAIGHT | typeof TURNED, context: AttentionContext): Tensor4D {
  const { config, layer, hooks } = context;
  if (!kinds.some((kind) => hooks.has(layer, kind))) return x;
  const [q, k] = split(x, { sizes: [config.heads, config.kvHeads], axis: 0 }) as [Tensor4D, Tensor4D];
  return concat([visitOneKind(q, kinds[0], context), visitOneKind(k, kinds[1], context)], 0);
}

/** `[heads, dHead, batch, position]` through one site's hooks. */
function visitOneKind(x: Tensor4D, kind: BlockSite, { hooks, layer, step }: AttentionContext): Tensor4D {
  if (!hooks.has(layer, kind)) return x;
  const [heads, dHead, rows, columns] = x.shape;
  const flat: Tensor2D = reshape(x, [heads * dHead, rows * columns]);
  return reshape(visitColumns(flat, step, { hooks, layer, kind, tail: [heads, dHead] }), [heads, dHead, rows, columns]);
}

/** `[heads, dHead, batch, position]` → `[batch, heads, position, dHead]`. */
function byRow(x: Tensor4D): Tensor4D {
  const [heads, dHead, rows, columns] = x.shape;
  return rows * columns === 1 ? reshape(x, [1, heads, 1, dHead]) : transpose(x, [2, 0, 3, 1]);
}

/** @param values what `mixed` gives. @returns `attn_out` `[dModel, cells]`. */
export function attentionOutput(values: Tensor4D, { layer, weights, config, hooks, step }: AttentionContext): Tensor2D {
  const { heads, dHead, dModel } = config;
  const cells = step.rows * step.columns;
  const apart = cells === 1 ? values : joinedHeads(values);
  const z = visitColumns(reshape(apart, [heads * dHead, cells]), step, {
    hooks,
    layer,
    kind: "attn.hook_z",
    tail: [heads, dHead],
  });
  const bias = weights.outputBias ?? undefined;
  if (!hooks.wants(layer, "attn.hook_result", step)) return linear(weights.output, z, bias);
  // Head by head only where a hook looks: it takes as many times the memory as there are heads.
  const parts = inFloat32(weights.output, (output) => {
    const byHead = transpose(reshape<tf.Rank.R3>(output, [dModel, heads, dHead]), [1, 0, 2]);
    return batchMatMul(byHead, reshape<tf.Rank.R3>(z, [heads, dHead, cells])); // [heads, dModel, cells]
  });
  const result: Tensor4D = reshape(transpose(parts, [2, 0, 1]), [step.rows, step.columns, heads, dModel]);
  const together = toColumns(sum(hooks.visit(result, step, { layer, kind: "attn.hook_result" }), 2));
  // The bias is no head's.
  return bias === undefined ? together : add(together, bias);
}

/** `query` `[batch, heads, position, dHead]` against one block → `[batch, heads, position, key]`. @param folded queries that are laid out already. */
function scoresAgainst(
  query: Tensor4D,
  { k, fold, length }: KeyBlock,
  { folded, beside }: { readonly folded: Map<Fold, Tensor4D>; readonly beside: Matrix },
): Tensor4D {
  const [batch, heads, columns] = query.shape;
  const laid = folded.get(fold) ?? foldRows(query, fold, k.shape[1]);
  folded.set(fold, laid);
  return unfoldRows(headProducts(laid, k, { beside, transposeB: true }), fold, [batch, heads, columns, length]);
}

function weightedValues(
  pattern: Tensor4D,
  blocks: readonly KeyBlock[],
  { beside }: { readonly beside: Matrix },
): Tensor4D {
  const [batch, heads, columns] = pattern.shape;
  const lengths = blocks.map(({ length }) => length);
  const shares = blocks.length === 1 ? [pattern] : split(pattern, { sizes: lengths, axis: 3 });
  const parts = blocks.map(({ v, fold }, place) => {
    const mixed = headProducts(foldRows(shares[place] as Tensor4D, fold, v.shape[1]), v, { beside });
    return unfoldRows(mixed, fold, [batch, heads, columns, v.shape[3]]);
  });
  return parts.reduce(addStates);
}

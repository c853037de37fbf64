/** Grouped-query attention over the segments of a cache: shared prefix and own suffix are multiplied apart, one softmax spans both. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { linear } from "../tensor/ops.js";
import { type Tensor, type Tensor3D, type Tensor4D, tf } from "../tensor/tf.js";
import type { LlamaConfig } from "./config.js";
import type { KeyValue } from "./kv-cache.js";
import { type Rotation, rotate } from "./rope.js";
import type { BlockWeights } from "./weights.js";

/** One stretch of keys and values as attention reads it: batch row r reads row `floor(r / fanout)`. */
export interface KeyBlock extends KeyValue {
  readonly fanout: number;
  readonly length: number;
}

/** What attention needs beside its input. */
export interface AttentionContext {
  readonly config: LlamaConfig;
  readonly layer: number;
  readonly weights: BlockWeights;
  readonly rotation: Rotation;
  /** `[batch, 1, query, key]`, 0 or a large negative number; null where every key is visible. */
  readonly mask: Tensor4D | null;
  readonly hooks: RunHooks;
  readonly step: Step;
  /** Adds this forward's keys and values `[batch, kvHeads, position, dHead]` and gives all blocks to attend to. */
  readonly extend: (entry: KeyValue) => readonly KeyBlock[];
}

/**
 * @param x normalised input `[batch, position, dModel]`.
 * @returns `attn_out` `[batch, position, dModel]`.
 */
export function attention(x: Tensor3D, context: AttentionContext): Tensor3D {
  const { config, layer, weights, rotation, hooks, step } = context;
  const [batch, columns] = x.shape;
  const split = (projected: Tensor, heads: number): Tensor4D =>
    tf.reshape(projected, [batch, columns, heads, config.dHead]);
  const q = hooks.visit(layer, "attn.hook_q", split(linear(x, weights.qProj), config.heads), step);
  const k = hooks.visit(layer, "attn.hook_k", split(linear(x, weights.kProj), config.kvHeads), step);
  const v = hooks.visit(layer, "attn.hook_v", split(linear(x, weights.vProj), config.kvHeads), step);
  const rotQ = hooks.visit(layer, "attn.hook_rot_q", rotate(q, rotation), step);
  const rotK = hooks.visit(layer, "attn.hook_rot_k", rotate(k, rotation), step);

  const blocks = context.extend({ k: headsFirst(rotK), v: headsFirst(v) });
  const query = tf.mul(headsFirst(rotQ), 1 / Math.sqrt(config.dHead)) as Tensor4D;
  const perBlock = blocks.map((block) => scoresAgainst(query, block));
  const scores = hooks.visit(layer, "attn.hook_attn_scores", joinKeys(perBlock), step);
  const masked = context.mask === null ? scores : tf.add(scores, context.mask);
  const pattern = hooks.visit(layer, "attn.hook_pattern", tf.softmax(masked) as Tensor4D, step);
  const mixed = headsFirst(weightedValues(pattern, blocks)); // [batch, position, heads, dHead]
  const z = hooks.visit(layer, "attn.hook_z", mixed, step);
  return outputOf(z, context);
}

function outputOf(z: Tensor4D, { config, layer, weights, hooks, step }: AttentionContext): Tensor3D {
  const [batch, columns] = z.shape;
  if (!hooks.wants(layer, "attn.hook_result", step)) {
    return linear(tf.reshape(z, [batch, columns, config.heads * config.dHead]), weights.oProj) as Tensor3D;
  }
  // Head by head only where somebody looks: it costs heads times the memory.
  const byHead = tf.reshape(tf.transpose(z, [2, 0, 1, 3]), [config.heads, batch * columns, config.dHead]);
  const parts = tf.matMul(byHead, tf.reshape(weights.oProj, [config.heads, config.dHead, config.dModel]));
  const result: Tensor4D = tf.reshape(tf.transpose(parts, [1, 0, 2]), [batch, columns, config.heads, config.dModel]);
  return tf.sum(hooks.visit(layer, "attn.hook_result", result, step), 2);
}

/** Swaps axes 1 and 2: `[batch, position, heads, dHead]` ↔ `[batch, heads, position, dHead]`. */
function headsFirst(x: Tensor4D): Tensor4D {
  return tf.transpose(x, [0, 2, 1, 3]);
}

function joinKeys(parts: readonly Tensor4D[]): Tensor4D {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : tf.concat([...parts], 3);
}

/** `query` `[batch, heads, position, dHead]` against one block → `[batch, heads, position, key]`. Query heads share their KV head by reshape. */
function scoresAgainst(query: Tensor4D, block: KeyBlock): Tensor4D {
  const [batch, heads, columns] = query.shape;
  const folded = foldRows(query, block);
  return unfoldRows(tf.matMul(folded, block.k, false, true) as Tensor4D, block, [batch, heads, columns, block.length]);
}

function weightedValues(pattern: Tensor4D, blocks: readonly KeyBlock[]): Tensor4D {
  const [batch, heads, columns] = pattern.shape;
  const parts: Tensor4D[] = [];
  let begin = 0;
  for (const block of blocks) {
    const share =
      blocks.length === 1 ? pattern : tf.slice(pattern, [0, 0, 0, begin], [batch, heads, columns, block.length]);
    begin += block.length;
    const mixed = tf.matMul(foldRows(share, block), block.v) as Tensor4D;
    parts.push(unfoldRows(mixed, block, [batch, heads, columns, block.v.shape[3]]));
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : tf.addN(parts);
}

/** `[batch, heads, position, n]` → `[blockRows, kvHeads, fanout * group * position, n]`: all rows that share keys become one product. */
function foldRows(x: Tensor4D, { k, fanout }: KeyBlock): Tensor4D {
  const [batch, heads, columns, size] = x.shape;
  const [rows, kvHeads] = k.shape;
  const each = (heads / kvHeads) * columns;
  if (fanout === 1) return tf.reshape(x, [batch, kvHeads, each, size]);
  const apart = tf.reshape(x, [rows, fanout, kvHeads, each * size]);
  return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), [rows, kvHeads, fanout * each, size]);
}

function unfoldRows(x: Tensor4D, { fanout }: KeyBlock, shape: [number, number, number, number]): Tensor4D {
  if (fanout === 1) return tf.reshape(x, shape);
  const [rows, kvHeads, folded, size] = x.shape;
  const apart = tf.reshape(x, [rows, kvHeads, fanout, (folded / fanout) * size]);
  return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), shape);
}

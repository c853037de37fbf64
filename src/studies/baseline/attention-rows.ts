/** Attention of one run as its record has it. */

import type { AttentionRows } from "../../model/latent/readings/attention-rows.js";
import type { LatentAttention } from "../../model/latent/readings/latent-attention.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { flowOf } from "../attention/read.js";
import { packAttention } from "./packed-attention.js";
import { type AttentionRow, type LayerAttention, layerKey, type PackedReading } from "./record.js";

/** @returns by layer what EOT and the answer's number pay to the latents, and what else the run kept. */
export function attentionOf(result: RunResult, heads: number): Record<string, LayerAttention> {
  const { numberToken } = result.answer;
  return Object.fromEntries(
    [...result.attention].map(([layer, read]) => [
      layerKey(layer),
      {
        eot: eotRow(read, heads),
        number: numberToken === null ? null : rowOf(read.get(`answer.${numberToken}`), heads),
        ...readingOf(result.reading.get(layer)),
        ...flowOf(result, layer),
      },
    ]),
  );
}

/** Euclidean distance of two runs' head-mean attention from EOT to the latents. */
export function attentionDistance(read: LatentAttention, other: LatentAttention | undefined, heads: number): number {
  const mine = eotRow(read, heads).headMean;
  const theirs = other === undefined ? [] : eotRow(other, heads).headMean;
  return Math.sqrt(mine.reduce((sum, value, k) => sum + (value - (theirs[k] ?? 0)) ** 2, 0));
}

function readingOf(reading: AttentionRows | undefined): { reading?: PackedReading } {
  if (reading === undefined) return {};
  const { readers, heads, keys, values } = reading;
  return { reading: { readers: [...readers], heads, keys: keys.length, packed: packAttention(values) } };
}

function eotRow(read: LatentAttention, heads: number): AttentionRow {
  const row = rowOf(read.get("eot"), heads);
  if (row === null) throw new RangeError("A finished run has no attention from EOT");
  return row;
}

function rowOf(values: Float32Array | undefined, heads: number): AttentionRow | null {
  if (values === undefined) return null;
  const latents = values.length / heads;
  const byHead = Array.from({ length: heads }, (_, head) =>
    Array.from(values.subarray(head * latents, (head + 1) * latents)),
  );
  const headMean = Array.from(
    { length: latents },
    (_, k) => byHead.reduce((sum, row) => sum + (row[k] ?? 0), 0) / heads,
  );
  return { headMean, heads: byHead };
}

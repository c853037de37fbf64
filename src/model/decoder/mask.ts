/** Which keys a query does not see. */

import type { Step } from "../hooks/step.js";
import { type Tensor4D, tf } from "../tensor/tf.js";
import type { KvCache } from "./kv-cache.js";
import type { RowMap } from "./row-map.js";

// Finite, so that a wholly masked row cannot give NaN; exp() of it is exactly 0 in float32.
const MASKED = -1e30;

/** Additive mask `[batch, 1, query, key]`: no padding, no future; null where every key is visible to every query. */
export function maskFor(cache: KvCache, rows: RowMap, step: Step): Tensor4D | null {
  if (step.columns === 1 && cache.views.every(({ valid }) => valid === null)) return null;
  const past = cache.length;
  const keys = past + step.columns;
  const bias = new Float32Array(step.rows * step.columns * keys);
  for (let row = 0; row < step.rows; row++) {
    const hidden = hiddenKeys(cache, rows[row] ?? 0);
    for (let query = 0; query < step.columns; query++) {
      const base = (row * step.columns + query) * keys;
      for (const key of hidden) bias[base + key] = MASKED;
      bias.fill(MASKED, base + past + query + 1, base + keys);
    }
  }
  return tf.tensor4d(bias, [step.rows, 1, step.columns, keys]);
}

/** Keys of the past that a row of the cache does not see. */
function hiddenKeys(cache: KvCache, row: number): number[] {
  const hidden: number[] = [];
  let at = 0;
  for (const { segment, valid } of cache.views) {
    for (let key = 0; valid !== null && key < segment.length; key++)
      if (valid[row * segment.length + key] === 0) hidden.push(at + key);
    at += segment.length;
  }
  return hidden;
}

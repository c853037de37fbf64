/** Which keys a query does not see. */

import { NumericError } from "../../base/errors.js";
import type { HiddenKeys } from "../hooks/hidden-keys.js";
import type { Step } from "../hooks/step.js";
import { type Tensor4D, tf } from "../tensor/tf.js";
import type { KvCache } from "./kv-cache.js";
import type { RowMap } from "./row-map.js";

// Finite, so that a wholly masked row cannot give NaN; exp() of it is exactly 0 in float32.
const MASKED = -1e30;

/** What is masked of a step. */
export interface Masked {
  readonly step: Step;
  /** Beside padding and the future. */
  readonly hidden: readonly HiddenKeys[];
}

/**
 * Additive mask `[batch, 1, query, key]`: no padding, no future, nothing hidden; null where every key is visible to every query.
 *
 * @throws NumericError where a query would see no key at all.
 */
export function maskFor(cache: KvCache, rows: RowMap, { step, hidden }: Masked): Tensor4D | null {
  if (hidden.length === 0 && step.columns === 1 && cache.views.every(({ valid }) => valid === null)) return null;
  const past = cache.length;
  const keys = past + step.columns;
  const bias = new Float32Array(step.rows * step.columns * keys);
  for (let row = 0; row < step.rows; row++) {
    const unseen = unseenKeys(cache, rows[row] ?? 0);
    for (let query = 0; query < step.columns; query++) {
      const base = (row * step.columns + query) * keys;
      for (const key of unseen) bias[base + key] = MASKED;
      bias.fill(MASKED, base + past + query + 1, base + keys);
    }
  }
  for (const each of hidden) hide(bias, each, { columns: step.columns, keys });
  return tf.tensor4d(bias, [step.rows, 1, step.columns, keys]);
}

/** @param bias `[batch, query, key]`. */
function hide(
  bias: Float32Array,
  { patch, columns: hidden, where }: HiddenKeys,
  { columns, keys }: { readonly columns: number; readonly keys: number },
): void {
  for (const [place, row] of patch.rows.entries()) {
    for (let query = patch.begin; query < patch.begin + patch.length; query++) {
      const base = (row * columns + query) * keys;
      for (const key of hidden[place] ?? []) bias[base + key] = MASKED;
      if (bias.subarray(base, base + keys).every((value) => value !== 0))
        throw new NumericError(
          `${where()} leaves a query no key to read`,
          "leave one that it sees, such as question.0",
        );
    }
  }
}

/** Keys of the past that a row of the cache does not see. */
function unseenKeys(cache: KvCache, row: number): number[] {
  const unseen: number[] = [];
  let at = 0;
  for (const { segment, valid } of cache.views) {
    for (let key = 0; valid !== null && key < segment.length; key++)
      if (valid[row * segment.length + key] === 0) unseen.push(at + key);
    at += segment.length;
  }
  return unseen;
}

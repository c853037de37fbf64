/** Entries of a tensor replaced by others: picked by index, so that all else keeps its exact bits. */

import { concat, gather } from "./ops.js";
import type { Tensor } from "./tf.js";

/** Where replacements go. */
interface Places {
  readonly axis: number;
  /** Entries of the axis, one for each of the replacement's. */
  readonly places: readonly number[];
}

/** `x` with the entries of `replacement` in their places. */
export function replaced<T extends Tensor>(x: T, replacement: T, { axis, places }: Places): T {
  const size = x.shape[axis] ?? 0;
  const order = Array.from({ length: size }, (_, place) => place);
  for (const [at, place] of places.entries()) order[place] = size + at;
  return gather(concat([x, replacement], axis), order, axis);
}

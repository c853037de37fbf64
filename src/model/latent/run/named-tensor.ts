/** Named values as tensors that go with a site's part in scope: which shapes they may have. */

import { UsageError } from "../../../base/errors.js";
import type { NamedValue } from "../../hooks/bound.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Scope } from "../../hooks/scope.js";
import { type Tensor, tf } from "../../tensor/tf.js";
import { headAxis } from "./within.js";

/** A value's place. */
interface Place {
  /** The part in scope, with the head's axis left in place. */
  readonly x: Tensor;
  readonly site: ParsedSite;
  readonly scope: Scope;
}

/**
 * A value as a tensor that broadcasts over the part of a site in scope. A head that is named has no axis in it.
 *
 * @throws UsageError for another shape than that of one position, or of all that are addressed.
 */
export function namedTensor(ref: string, value: NamedValue, { x, site, scope }: Place): Tensor {
  const axis = scope.head === undefined ? -1 : headAxis(site);
  const without = (shape: readonly number[], first: number): number[] => shape.filter((_, i) => i + first !== axis);
  const wanted = [without(x.shape.slice(2), 2), without(x.shape.slice(1), 1)];
  // Of a pattern's row: a number for each key in scope.
  if (scope.keys !== undefined) wanted.push(x.shape.slice(3));
  if (!wanted.some((shape) => shape.join() === value.shape.join()))
    throw new UsageError(
      `Value "${ref}" has shape [${value.shape.join(", ")}], wanted ${[...new Set(wanted.map((shape) => `[${shape.join(", ")}]`))].join(" or ")}`,
      "give one vector, or one a position",
    );
  const tensor = tf.tensor(value.data, [...value.shape]);
  // With positions in front, the head's axis lies behind them.
  const isByPosition = value.shape.length === x.shape.length - 2 && axis === 2;
  return isByPosition ? tf.expandDims(tensor, 1) : tensor;
}

/** Named values as subspaces: orthonormal directions, made once a value. */

import { UsageError } from "../../../base/errors.js";
import { orthonormalRows } from "../../../base/orthonormal.js";
import type { NamedValue } from "../../hooks/bound.js";

const known = new WeakMap<NamedValue, Float32Array>();

/** How many directions, each with how many numbers. @throws UsageError for a value that is no list of directions. */
function sizesOf(ref: string, { shape }: NamedValue): readonly [number, number] {
  const [k, d, ...more] = shape.length === 1 ? [1, ...shape] : shape;
  if (k !== undefined && d !== undefined && k > 0 && more.length === 0) return [k, d];
  throw new UsageError(
    `Subspace "${ref}" has shape [${shape.join(", ")}], wanted [k, d]`,
    "give k directions of d numbers, or one direction [d]",
  );
}

/**
 * Orthonormal directions `[k, d]` that span a value's.
 *
 * @param width what d must be. @throws UsageError for another d, numbers that are not finite, or a direction that adds nothing to those before it.
 */
export function basisOf(
  value: NamedValue,
  { ref, width }: { readonly ref: string; readonly width: number },
): Float32Array {
  const [k, d] = sizesOf(ref, value);
  if (d !== width)
    throw new UsageError(
      `Subspace "${ref}" has directions of ${d} numbers, the site and its scope have ${width}`,
      `give directions of ${width} numbers`,
    );
  const found = known.get(value);
  if (found !== undefined) return found;
  if (!value.data.every(Number.isFinite))
    throw new UsageError(`Subspace "${ref}" holds NaN or infinity`, "give finite numbers");
  const made = orthonormalRows(value.data, k);
  if (made.kind === "dependent")
    throw new UsageError(
      `Subspace "${ref}": direction ${made.row} of ${k} adds nothing to those before it`,
      "leave it out: the directions have to be linearly independent, and none of them zero",
    );
  const basis = Float32Array.from(made.rows);
  known.set(value, basis);
  return basis;
}

/**
 * Activations are kept as columns, `[features, cells]`, where cell = row * positions + position: the engine multiplies a stored weight
 * `[out, in]` by them as it lies, and is faster so than with the transposed product at most sizes (docs/lab-log.md). Hooks see
 * `[batch, position, …]`.
 */

import type { BlockSite, GlobalSite } from "../hooks/names.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { reshape, transpose } from "../tensor/ops.js";
import type { Tensor, Tensor2D, Tensor4D } from "../tensor/tf.js";

/** `[features, cells]` → `[batch, position, …tail]`. Default tail: the features. */
export function toPositions(
  x: Tensor2D,
  { rows, columns, tail = [x.shape[0]] }: Pick<Step, "rows" | "columns"> & { readonly tail?: readonly number[] },
): Tensor {
  const shape = [rows, columns, ...tail] as [number, number, number, number];
  return reshape(columns * rows === 1 ? x : transpose(x, [1, 0]), shape);
}

/** `[batch, position, …]` → `[features, cells]`. */
export function toColumns(x: Tensor): Tensor2D {
  const [rows = 0, positions = 0, ...rest] = x.shape;
  const features = rest.reduce((product, size) => product * size, 1);
  const flat: Tensor2D = reshape(x, [rows * positions, features]);
  return rows * positions === 1 ? reshape(flat, [features, 1]) : transpose(flat, [1, 0]);
}

/** Passes columns through a site's hooks; costs nothing where none acts in this step. `tail` is the site's shape after batch and position. */
export function visitColumns(
  x: Tensor2D,
  step: Step,
  {
    hooks,
    layer,
    kind,
    tail = [x.shape[0]],
  }: {
    readonly hooks: RunHooks;
    readonly layer: number | null;
    readonly kind: BlockSite | GlobalSite;
    readonly tail?: readonly number[];
  },
): Tensor2D {
  if (!hooks.has(layer, kind) || !hooks.wants(layer, kind, step)) return x;
  const { rows, columns } = step;
  const written = hooks.visitKnown(x, step, { layer, kind, tail });
  if (written !== null && !hooks.isSeen(layer, kind, step)) return written;
  const tapped = written === null ? null : hooks.tapColumns(written, step, { layer, kind, tail });
  if (tapped !== null) {
    hooks.showTapped(() => toPositions(tapped, { rows, columns, tail }), step, { layer, kind });
    return tapped;
  }
  const seen = toPositions(written ?? x, { rows, columns, tail }) as Tensor4D;
  const value = written === null ? hooks.visit(seen, step, { layer, kind }) : hooks.show(seen, step, { layer, kind });
  return value === seen ? (written ?? x) : toColumns(value);
}

/** One step of the way back. */

import { add } from "../tensor/ops.js";
import { type Tensor, tf } from "../tensor/tf.js";

/** Null where nothing that counts depends on what it is by. */
export type Gradient = Tensor | null;

/** One op on the way, or some that are one. Tensors are named by their ids. */
export interface Link {
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  /** Gradients by its outputs, one of them at least, to those by its inputs. */
  readonly pull: (gradients: readonly Gradient[]) => readonly Gradient[];
  /** Tensors that it needs, by the ids they were given under. */
  readonly needs: readonly number[];
  /** The same as they are held. */
  readonly held: readonly Tensor[];
}

/** Adds to the gradient by a tensor, in a map that owns what it holds. */
export function collect(
  gradients: Map<number, Tensor>,
  { id, own }: { readonly id: number; readonly own: Gradient },
): void {
  if (own === null) return;
  const before = gradients.get(id);
  gradients.set(id, tf.keep(before === undefined ? tf.clone(own) : add(before, own)));
  before?.dispose();
}

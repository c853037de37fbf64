/** How an op's result depends on one of its inputs, where it was computed. */

import type { Tensor } from "../tensor/tf.js";

/** Null where nothing that counts depends on what it is by. */
export type Gradient = Tensor | null;

/** A gradient by a box of a tensor; by the rest of it, it is 0. */
export interface BoxGradient {
  readonly box: Tensor;
  readonly begin: readonly number[];
  /** The tensor's. */
  readonly shape: readonly number[];
}

/** What an op gives back to one of its inputs. */
export type Pulled = Gradient | BoxGradient;

/** A linear map of tensors. What it makes is the caller's. */
export type LinearMap = (x: Tensor) => Tensor;

/** How an op's result depends on one of its inputs. */
export interface Derivative {
  /** A change of the input → that of the result. */
  readonly push: LinearMap;
  /** The transpose: a gradient by the result → that by the input. */
  readonly pull: LinearMap;
}

/** Holds a tensor for later; gives one that lives until then. */
export type Keep = <T extends Tensor>(x: T) => T;

/** Of which input, and who holds what the maps need. */
export interface Wanted {
  readonly place: number;
  readonly output: Tensor;
  readonly keep: Keep;
}

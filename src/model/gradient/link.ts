/** One step of the way back. */

import type { Tensor } from "../tensor/tf.js";
import type { Gradient, Pulled } from "./derivative.js";

/** One op on the way, or some that are one. Tensors are named by their ids. */
export interface Link {
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  /** Gradients by its outputs, one of them at least, to those by its inputs. */
  readonly pull: (gradients: readonly Gradient[]) => readonly Pulled[];
  /** Tensors that it needs, by the ids they were given under. */
  readonly needs: readonly number[];
  /** The same as they are held. */
  readonly held: readonly Tensor[];
}

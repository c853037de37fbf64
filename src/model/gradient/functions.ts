/** Derivatives of functions out of tfjs's own ops, such as hooks and interventions, by tfjs's tape. */

import { withGradients } from "../tensor/engine.js";
import { unrecorded } from "../tensor/recording.js";
import { type Tensor, tf } from "../tensor/tf.js";

type TensorFunction = (x: Tensor) => Tensor;

/** The vector-Jacobian product of a function at `x`: the gradient by its input. */
export function pulledThrough(of: TensorFunction, x: Tensor, y: Tensor): Tensor {
  // What does not depend on its input has the gradient 0, where tfjs would refuse.
  const dependent = (value: Tensor): Tensor => tf.add(of(value), tf.zerosLike(value));
  return unrecorded(() => withGradients(() => tf.grad(dependent)(x, y)));
}

/** The Jacobian-vector product of a function at `x`: the transpose of the transpose, which is linear. */
export function pushedThrough(of: TensorFunction, x: Tensor, change: Tensor): Tensor {
  return unrecorded(() => withGradients(() => tf.grad((y) => pulledThrough(of, x, y))(tf.zerosLike(x), change)));
}

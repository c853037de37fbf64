/** The only import of TensorFlow.js. Everything else takes its tensor functions from here; the engine is started in `engines/`. */

import * as tf from "@tensorflow/tfjs-core";

export { tf };
/** A tensor of any rank. */
export type Tensor = tf.Tensor;
/** A tensor of two axes. */
export type Tensor2D = tf.Tensor2D;
/** A tensor of three axes. */
export type Tensor3D = tf.Tensor3D;
/** A tensor of four axes. */
export type Tensor4D = tf.Tensor4D;

/** The only import of TensorFlow.js. Everything else takes its tensor functions from here; the backend is chosen in `backend.ts`. */

import * as tf from "@tensorflow/tfjs-core";

export { tf };
export type Tensor = tf.Tensor;
export type Tensor1D = tf.Tensor1D;
export type Tensor2D = tf.Tensor2D;
export type Tensor3D = tf.Tensor3D;
export type Tensor4D = tf.Tensor4D;

/** The only import of TensorFlow.js. Everything else takes its tensor functions from here; the engine is started in `engines/`. */

import * as tf from "@tensorflow/tfjs-core";

declare module "@tensorflow/tfjs-core/dist/tensor.js" {
  interface Tensor {
    /** Frees the tensor where its block ends: `using direction = tf.tensor1d(values)`. */
    [Symbol.dispose](): void;
  }
}

// TensorFlow.js is older than `using`. What a script makes itself, beside a run, it must free itself.
Object.defineProperty(tf.Tensor.prototype, Symbol.dispose, {
  value(this: tf.Tensor): void {
    this.dispose();
  },
  configurable: true,
  writable: true,
});

export { tf };
/** A tensor of any rank. */
export type Tensor = tf.Tensor;
/** A tensor of two axes. */
export type Tensor2D = tf.Tensor2D;
/** A tensor of three axes. */
export type Tensor3D = tf.Tensor3D;
/** A tensor of four axes. */
export type Tensor4D = tf.Tensor4D;

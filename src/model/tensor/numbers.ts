/** The one way from the engine to the host. */

import { checkEngine, checkFailedRead } from "./engine.js";
import type { Tensor } from "./tf.js";

/**
 * A tensor's numbers. The caller waits for them between passes, never within one: a GPU cannot be read synchronously.
 *
 * @throws EnvironmentError where the engine was lost, or failed unseen, before the numbers came.
 */
export async function numbersOf(tensor: Tensor): Promise<Float32Array> {
  let numbers: Float32Array;
  try {
    numbers = await tensor.data<"float32">();
  } catch (error) {
    await checkFailedRead();
    throw error;
  }
  checkEngine();
  return numbers;
}

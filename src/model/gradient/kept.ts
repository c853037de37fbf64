/** Tensors that live until what needs them is done. */

import { type Tensor, tf } from "../tensor/tf.js";

interface Held {
  readonly tensor: Tensor;
  uses: number;
}

/** A tensor that several steps of a backward pass need is held once. */
export class KeptTensors {
  readonly #held = new Map<number, Held>();
  #bytes = 0;

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Holds a tensor once more. @returns one that lives until it was released as often. */
  keep<T extends Tensor>(x: T): T {
    const known = this.#held.get(x.id);
    if (known !== undefined) {
      known.uses += 1;
      return known.tensor as T;
    }
    const tensor = tf.keep(tf.clone(x));
    this.#held.set(x.id, { tensor, uses: 1 });
    this.#bytes += 4 * x.size;
    return tensor;
  }

  /** @param id of the tensor that was given to `keep`. */
  release(id: number): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    held.uses -= 1;
    if (held.uses === 0) this.#free(id, held);
  }

  dispose(): void {
    for (const [id, held] of this.#held) this.#free(id, held);
  }

  #free(id: number, { tensor }: Held): void {
    this.#held.delete(id);
    this.#bytes -= 4 * tensor.size;
    tensor.dispose();
  }
}

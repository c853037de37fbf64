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

/** What a link of the way back holds on to until it is done. */
export class Needs {
  readonly #ids: number[] = [];
  readonly #held: Tensor[] = [];

  constructor(readonly kept: KeptTensors) {}

  readonly keep = <T extends Tensor>(x: T): T => {
    const held = this.kept.keep(x);
    this.#ids.push(x.id);
    this.#held.push(held);
    return held;
  };

  /** Ids that they were given under, and the tensors as they are held. */
  get all(): { readonly needs: readonly number[]; readonly held: readonly Tensor[] } {
    return { needs: this.#ids, held: this.#held };
  }
}

/** Reverse mode: what was computed from the tensors that gradients are wanted of, and the way back through it. */

import { add } from "../tensor/ops.js";
import type { OpCall, OpRecorder } from "../tensor/recording.js";
import { type Tensor, tf } from "../tensor/tf.js";
import type { LinearMap } from "./derivative.js";
import { derivativeOf } from "./derivatives.js";
import { KeptTensors } from "./kept.js";

/** One op on the way. */
interface Link {
  readonly output: number;
  readonly inputs: readonly { readonly id: number; readonly pull: LinearMap }[];
  /** Tensors that its maps need, by the ids they were given under. */
  readonly needs: readonly number[];
}

/** Gets the gradient by a tensor, borrowed; null where nothing that counts depends on it. */
type Take = (gradient: Tensor | null) => void;

/** Records ops that depend on watched tensors. `backward` may be called once. */
export class Tape implements OpRecorder {
  readonly #links: Link[] = [];
  /** Ids of the tensors that depend on a watched one. */
  readonly #dependent = new Set<number>();
  readonly #watched = new Map<number, Take>();
  readonly #kept = new KeptTensors();
  #mostBytes = 0;

  /** Most bytes of activations that were held at once. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  record(call: OpCall, output: Tensor): void {
    if (!call.inputs.some(({ id }) => this.#dependent.has(id))) return;
    const needs: number[] = [];
    const keep = <T extends Tensor>(x: T): T => {
      needs.push(x.id);
      return this.#kept.keep(x);
    };
    const inputs = call.inputs.flatMap(({ id }, place) =>
      this.#dependent.has(id) ? [{ id, pull: derivativeOf(call, { place, output, keep }).pull }] : [],
    );
    this.#links.push({ output: output.id, inputs, needs });
    this.#dependent.add(output.id);
    this.#mostBytes = Math.max(this.#mostBytes, this.#kept.bytes);
  }

  /** Wants the gradient by a tensor. */
  watch(x: Tensor, take: Take): void {
    this.#dependent.add(x.id);
    this.#watched.set(x.id, take);
    // Marks the place on the way back where all that depends on it has been seen.
    this.#links.push({ output: x.id, inputs: [], needs: [] });
  }

  /** Goes back from gradients by some tensors. @param seeds id of a tensor → the gradient by it, borrowed. */
  backward(seeds: ReadonlyMap<number, Tensor>): void {
    const gradients = new Map<number, Tensor>();
    for (const [id, seed] of seeds) gradients.set(id, tf.keep(tf.clone(seed)));
    try {
      for (const link of this.#links.reverse()) this.#back(link, gradients);
    } finally {
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }

  dispose(): void {
    this.#kept.dispose();
  }

  #back({ output, inputs, needs }: Link, gradients: Map<number, Tensor>): void {
    const gradient = gradients.get(output) ?? null;
    // A tensor that an op made may be watched too: its mark comes first on the way back.
    this.#watched.get(output)?.(gradient);
    this.#watched.delete(output);
    if (gradient !== null && inputs.length > 0) {
      gradients.delete(output);
      for (const { id, pull } of inputs) collect(gradients, { id, make: () => pull(gradient) });
      gradient.dispose();
    }
    for (const id of needs) this.#kept.release(id);
  }
}

/** Adds to the gradient of a tensor. */
function collect(
  gradients: Map<number, Tensor>,
  { id, make }: { readonly id: number; readonly make: () => Tensor },
): void {
  const before = gradients.get(id);
  const after = tf.tidy(() => {
    const own = make();
    return tf.keep(before === undefined ? tf.clone(own) : add(before, own));
  });
  before?.dispose();
  gradients.set(id, after);
}

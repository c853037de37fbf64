/** Forward mode: beside each tensor that depends on a changed one, by how much it changes. */

import { add } from "../tensor/ops.js";
import { type OpCall, type OpRecorder, unrecorded } from "../tensor/recording.js";
import { type Tensor, tf } from "../tensor/tf.js";
import { derivativeOf } from "./derivatives.js";

/** Carries changes along with the ops. */
export class Tangents implements OpRecorder {
  readonly #changes = new Map<number, Tensor>();

  record(call: OpCall, output: Tensor): void {
    const moved = call.inputs.flatMap(({ id }, place) => {
      const change = this.#changes.get(id);
      return change === undefined ? [] : [{ place, change }];
    });
    if (moved.length === 0) return;
    const own = unrecorded(() =>
      tf.tidy(() => {
        const parts = moved.map(({ place, change }) =>
          derivativeOf(call, { place, output, keep: (x) => x }).push(change),
        );
        const [first, ...others] = parts;
        if (first === undefined) throw new RangeError("A change of nothing");
        return tf.keep(tf.clone(others.reduce((total, part) => add(total, part), first)));
      }),
    );
    this.#changes.set(output.id, own);
  }

  /** By how much a tensor changes, borrowed; null where it does not. */
  of(x: Tensor): Tensor | null {
    return this.#changes.get(x.id) ?? null;
  }

  /** Gives a tensor a change of its own. @param change is taken over. */
  set(x: Tensor, change: Tensor): void {
    this.#changes.get(x.id)?.dispose();
    this.#changes.set(x.id, tf.keep(change));
  }

  dispose(): void {
    for (const change of this.#changes.values()) change.dispose();
    this.#changes.clear();
  }
}

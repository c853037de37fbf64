/** Forward mode: beside each tensor that depends on a changed one, by how much it changes. */

import { inOneCall } from "../tensor/one-call/one-call.js";
import { add } from "../tensor/ops.js";
import { type JointCall, type OpCall, type OpRecorder, recordingWith, unrecorded } from "../tensor/recording.js";
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

  recordJoint(call: JointCall, outputs: readonly Tensor[]): void {
    const moved = call.moving.flatMap((x, place) => {
      const change = this.of(x);
      return change === null ? [] : [{ place, change }];
    });
    if (moved.length === 0) return;
    const changes = unrecorded(() => tf.tidy(() => pushedTogether(call, moved).map((x) => tf.keep(tf.clone(x)))));
    for (const [place, change] of changes.entries()) this.#changes.set((outputs[place] as Tensor).id, change);
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

/** Changes of what ops give that are computed once more, in one call where the engine has seen them. */
function pushedTogether(
  { kind, moving, fixed, again }: JointCall,
  moved: readonly { readonly place: number; readonly change: Tensor }[],
): readonly Tensor[] {
  const calls = {
    kind: `${kind} along ${moved.map(({ place }) => place).join()}`,
    inputs: [...moving, ...fixed, ...moved.map(({ change }) => change)],
  };
  return inOneCall(calls, () => {
    const tangents = new Tangents();
    try {
      for (const { place, change } of moved) tangents.set(moving[place] as Tensor, tf.clone(change));
      const outputs = recordingWith(tangents, () => again(moving));
      return outputs.map((output) => {
        const change = tangents.of(output);
        return change === null ? tf.zerosLike(output) : tf.clone(change);
      });
    } finally {
      tangents.dispose();
    }
  });
}

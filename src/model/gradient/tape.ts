/** Reverse mode: what was computed from the tensors that gradients are wanted of, and the way back through it. */

import { inOneCall } from "../tensor/one-call/one-call.js";
import { type JointCall, type OpCall, type OpRecorder, recordingWith } from "../tensor/recording.js";
import { type Tensor, tf } from "../tensor/tf.js";
import { computedCostly } from "./costly.js";
import type { Gradient } from "./derivative.js";
import { pullOf } from "./derivatives.js";
import { Gradients } from "./gradients.js";
import { KeptTensors, Needs } from "./kept.js";
import type { Link } from "./link.js";

/** Gets the gradient by a tensor, borrowed; null where nothing that counts depends on it. */
type Take = (gradient: Tensor | null) => void;

/** Records ops that depend on watched tensors. `backward` may be called once. */
export class Tape implements OpRecorder {
  readonly #links: Link[] = [];
  /** Ids of the tensors that depend on a watched one. */
  readonly #dependent = new Set<number>();
  readonly #watched = new Map<number, Take>();
  readonly #kept = new KeptTensors();
  /** Of ops that may become one; null where none do. */
  #group: Link[] | null = null;
  #mostBytes = 0;

  /** Most bytes of activations that were held at once. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  record(call: OpCall, output: Tensor): void {
    const places = this.#placesOf(call.inputs);
    if (places.length === 0) return;
    const needs = new Needs(this.#kept);
    const pull = pullOf(call, { places, output, keep: needs.keep });
    this.#add({
      outputs: [output.id],
      inputs: places.map((place) => idAt(call.inputs, place)),
      pull: ([gradient]) => pull(gradient as Tensor),
      ...needs.all,
    });
  }

  recordJoint(call: JointCall, outputs: readonly Tensor[]): void {
    const places = this.#placesOf(call.moving);
    if (places.length === 0) return;
    const needs = new Needs(this.#kept);
    const moving = call.moving.map(needs.keep);
    this.#add({
      outputs: outputs.map(({ id }) => id),
      inputs: places.map((place) => idAt(call.moving, place)),
      pull: (gradients) => pulledTogether({ ...call, moving }, { places, gradients }),
      ...needs.all,
    });
  }

  computeCostly(call: JointCall, compute: () => readonly Tensor[]): readonly Tensor[] {
    const places = this.#placesOf(call.moving);
    const links: Link[] = [];
    this.#group = links;
    const again =
      (moving: readonly Tensor[]) =>
      (gradients: readonly Gradient[]): readonly Gradient[] =>
        pulledTogether({ ...call, moving }, { places, gradients });
    try {
      const { results, link } = computedCostly({ call, places, links, kept: this.#kept, again }, compute);
      if (this.#group === links) {
        this.#group = null;
        for (const each of link === null ? links : [link]) this.#add(each);
      }
      return results;
    } finally {
      this.#group = null;
    }
  }

  /** Wants the gradient by a tensor. */
  watch(x: Tensor, take: Take): void {
    // It has a gradient of its own on the way back, so that nothing is one around it.
    this.#links.push(...(this.#group ?? []));
    this.#group = null;
    this.#dependent.add(x.id);
    this.#watched.set(x.id, take);
    // Marks the place on the way back where all that depends on it has been seen.
    this.#links.push({ outputs: [x.id], inputs: [], pull: () => [], needs: [], held: [] });
  }

  /** Goes back from gradients by some tensors. @param seeds id of a tensor → the gradient by it, borrowed. */
  backward(seeds: ReadonlyMap<number, Tensor>): void {
    const gradients = new Gradients();
    for (const [id, seed] of seeds) gradients.add(id, seed);
    try {
      for (const link of this.#links.reverse()) this.#back(link, gradients);
    } finally {
      gradients.dispose();
    }
  }

  dispose(): void {
    this.#kept.dispose();
  }

  /** Which of them depend on a watched tensor. */
  #placesOf(inputs: readonly Tensor[]): number[] {
    return inputs.flatMap(({ id }, place) => (this.#dependent.has(id) ? [place] : []));
  }

  #add(link: Link): void {
    (this.#group ?? this.#links).push(link);
    for (const id of link.outputs) this.#dependent.add(id);
    this.#mostBytes = Math.max(this.#mostBytes, this.#kept.bytes);
  }

  #back({ outputs, inputs, pull, needs }: Link, gradients: Gradients): void {
    const given = outputs.map((id) => gradients.of(id));
    for (const [place, id] of outputs.entries()) {
      // A tensor that an op made may be watched too: its mark comes first on the way back.
      this.#watched.get(id)?.(given[place] ?? null);
      this.#watched.delete(id);
    }
    if (inputs.length > 0 && given.some((gradient) => gradient !== null)) {
      tf.tidy(() => {
        for (const [place, own] of pull(given).entries()) gradients.add(inputs[place] as number, own);
      });
      for (const id of outputs) gradients.drop(id);
    }
    for (const id of needs) this.#kept.release(id);
  }
}

/** The way back through ops that are computed once more, in one call where the engine has seen them. */
function pulledTogether(
  { kind, moving, fixed, again }: JointCall,
  { places, gradients }: { readonly places: readonly number[]; readonly gradients: readonly Gradient[] },
): readonly Tensor[] {
  const given = gradients.flatMap((gradient, place) => (gradient === null ? [] : [{ gradient, place }]));
  const calls = {
    kind: `${kind} from ${given.map(({ place }) => place).join()} back to ${places.join()}`,
    inputs: [...moving, ...fixed, ...given.map(({ gradient }) => gradient)],
  };
  return inOneCall(calls, () => {
    const tape = new Tape();
    const found = new Map<number, Gradient>();
    try {
      for (const place of places)
        tape.watch(tensorAt(moving, place), (gradient) => found.set(place, gradient && tf.clone(gradient)));
      const outputs = recordingWith(tape, () => again(moving));
      tape.backward(new Map(given.map(({ gradient, place }) => [idAt(outputs, place), gradient])));
    } finally {
      tape.dispose();
    }
    return places.map((place) => found.get(place) ?? tf.zerosLike(tensorAt(moving, place)));
  });
}

function tensorAt(tensors: readonly Tensor[], place: number): Tensor {
  const found = tensors[place];
  if (found === undefined) throw new RangeError(`No tensor ${place}`);
  return found;
}

function idAt(tensors: readonly Tensor[], place: number): number {
  return tensorAt(tensors, place).id;
}

/** Reads sites at addresses as a run passes them, and lays gradients by them out as the run's own tensors. */

import type { ParsedSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import type { Step } from "../../hooks/step.js";
import { type Tensor, tf } from "../../tensor/tf.js";
import { isIn, type Spot, sizeOfSpot, stretchesIn } from "./stretches.js";

/** One forward's tensor at a site. */
interface Occurrence {
  readonly id: number;
  readonly step: Step;
  readonly shape: readonly number[];
  values: Float32Array | null;
}

/** What of one site is read. */
export class SiteReads {
  readonly #seen: Occurrence[] = [];
  readonly observer: Observer;

  constructor(
    readonly site: ParsedSite,
    readonly spots: readonly Spot[],
  ) {
    this.observer = {
      site,
      wants: (step) => spots.some((spot) => isIn(spot, step)),
      reduce: (x, step) => this.#noted(x, step),
      store: (values, _, step) => {
        for (const each of this.#seen) if (each.step === step) each.values = values;
      },
    };
  }

  /** The numbers of a spot, laid out as captures are. */
  valuesOf(spot: Spot): Float32Array {
    const shape = this.#seen[0]?.shape ?? [];
    const values = new Float32Array(sizeOfSpot(spot, shape));
    for (const { step, shape: own, values: numbers } of this.#seen)
      for (const { inTensor, inVector, length } of stretchesIn(spot, { step, shape: own }))
        values.set(numbers?.subarray(inTensor, inTensor + length) ?? [], inVector);
    return values;
  }

  /** Adds gradients by spots up, each as a tensor of the forward it lies in. @returns id of the run's tensor → gradient, owned by the caller. */
  seeds(gradients: readonly { readonly spot: Spot; readonly gradient: Float32Array }[]): Map<number, Tensor> {
    const seeds = new Map<number, Tensor>();
    for (const { id, step, shape } of this.#seen) {
      const numbers = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (const { spot, gradient } of gradients)
        for (const { inTensor, inVector, length } of stretchesIn(spot, { step, shape }))
          for (let i = 0; i < length; i++)
            numbers[inTensor + i] = (numbers[inTensor + i] ?? 0) + (gradient[inVector + i] ?? 0);
      seeds.set(id, tf.tensor(numbers, [...shape]));
    }
    return seeds;
  }

  #noted(x: Tensor, step: Step): Tensor {
    this.#seen.push({ id: x.id, step, shape: x.shape, values: null });
    return x;
  }
}

/** Numbers of one labelled tensor beside another's, and along an axis; everything is summed in float64. */

import { UsageError } from "../../../base/errors.js";
import { type Along, type AxisNames, describeAxes } from "./axes.js";

/** What arithmetic sees of a labelled tensor. */
export interface Operand {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly names: AxisNames;
}

/** @returns one number for each place outside the axis. @param of the index of a number in the flat array. */
export function summed({ outer, size, inner }: Along, of: (index: number) => number): Float64Array {
  const sums = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < size; k++)
      for (let i = 0; i < inner; i++) {
        const place = o * inner + i;
        sums[place] = (sums[place] ?? 0) + of((o * size + k) * inner + i);
      }
  return sums;
}

/**
 * Which number of `other` stands beside each number of `own`: the one of the same places. An axis that `other` lacks is repeated.
 *
 * @throws UsageError where `other` has an axis more, or an axis of another size or with other names.
 */
export function beside(own: Operand, other: Operand): (index: number) => number {
  checkFits(own, other);
  if (own.axes.join() === other.axes.join()) return (index) => index;
  const strides = stridesOf(other);
  const places = new Int32Array(own.data.length);
  const counter = own.shape.map(() => 0);
  let at = 0;
  const steps = own.axes.map((axis) => strides.get(axis) ?? 0);
  for (let index = 0; index < places.length; index++) {
    places[index] = at;
    for (let axis = counter.length - 1; axis >= 0; axis--) {
      const next = (counter[axis] ?? 0) + 1;
      at += steps[axis] ?? 0;
      counter[axis] = next;
      if (next < (own.shape[axis] ?? 0)) break;
      at -= next * (steps[axis] ?? 0);
      counter[axis] = 0;
    }
  }
  return (index) => places[index] ?? 0;
}

function stridesOf({ axes, shape }: Operand): ReadonlyMap<string, number> {
  let stride = 1;
  const strides = new Map<string, number>();
  for (let place = axes.length - 1; place >= 0; place--) {
    strides.set(axes[place] ?? "", stride);
    stride *= shape[place] ?? 1;
  }
  return strides;
}

function checkFits(own: Operand, other: Operand): void {
  const both = `${describeAxes(own.axes, own.shape)} and ${describeAxes(other.axes, other.shape)}`;
  for (const [place, axis] of other.axes.entries()) {
    const here = own.axes.indexOf(axis);
    if (here < 0)
      throw new UsageError(
        `${both} do not fit: the first has no axis "${axis}"`,
        "take the second's axis away with at() or mean()",
      );
    if (own.shape[here] !== other.shape[place])
      throw new UsageError(
        `${both} do not fit: "${axis}" differs in size`,
        `keep the same places with where("${axis}", …)`,
      );
    const [mine, theirs] = [own.names[axis], other.names[axis]];
    const apart = mine === undefined || theirs === undefined ? -1 : mine.findIndex((name, i) => name !== theirs[i]);
    if (apart >= 0)
      throw new UsageError(
        `${both} do not fit: place ${apart} of "${axis}" is "${mine?.[apart]}" in the first and "${theirs?.[apart]}" in the second`,
        `keep the same places with where("${axis}", …)`,
      );
  }
}

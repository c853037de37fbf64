/** Tensors whose axes and places have names, on plain arrays: what is read of runs, and a few operations on it. */

import { NumericError, UsageError } from "../../../base/errors.js";
import { printsAs } from "../../../base/printing.js";
import { type Tensor, tf } from "../../tensor/tf.js";
import { labelledLine, labelledText } from "../printing/labelled.js";
import { beside, type Operand, summed } from "./arithmetic.js";
import { type Along, type AxisNames, along, checkParts, describeAxes, type WithoutAxis } from "./axes.js";
import { keptPlaces, type NamedAxis, type Place, type Places, placeOf } from "./places.js";

/** What a labelled tensor is made of. */
export interface LabelledParts<Axes extends readonly string[]> {
  readonly axes: Axes;
  /** The size of each axis, in the same order. */
  readonly shape: readonly number[];
  /** Row-major: the last axis varies fastest. Not copied, and never written to. */
  readonly data: Float32Array;
  /** Names of the places along an axis, where they have names. */
  readonly names?: { readonly [Axis in Axes[number]]?: readonly string[] };
}

/** Nested arrays of numbers. */
export type Nested = number | readonly Nested[];

/**
 * Numbers with named axes, whose places may have names as well. Nothing changes one: each operation gives a new one. Axes are types:
 * what has other axes does not compile. Sums are made in float64, numbers are kept in float32.
 *
 * @example
 * ```ts
 * const run = await model.run(question, { capture: ["blocks.8.hook_resid_post"] });
 * const latents = run.captures.at("blocks.8.hook_resid_post", at.latent());
 * latents.axes; // → [ 'position', 'dModel' ]
 * latents.minus(latents.mean("position")).norm("dModel").shape; // → [ 6 ]
 * ```
 */
export class LabelledTensor<const Axes extends readonly string[] = readonly string[]> {
  /** Names of the axes, in order. */
  readonly axes: Readonly<Axes>;
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array;
  /** Names of the places along an axis, for those axes whose places have names. */
  readonly names: { readonly [Axis in Axes[number]]?: readonly string[] };

  /** @throws UsageError where sizes, names and numbers do not fit together. */
  constructor({ axes, shape, data, names = {} }: LabelledParts<Axes>) {
    checkParts({ axes, shape, data, names: names as AxisNames });
    this.axes = Object.freeze([...axes]) as unknown as Readonly<Axes>;
    this.shape = Object.freeze([...shape]);
    this.data = data;
    this.names = Object.freeze({ ...names });
    Object.freeze(this);
  }

  /**
   * Puts tensors of the same axes and places on top of each other, along a new first axis.
   *
   * @param tensors a list, or an object whose keys name the places of the new axis.
   * @throws UsageError where there is none, or axes, sizes or names differ.
   * @example
   * ```ts
   * const filled = (n: number) => new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(n, n) });
   * LabelledTensor.stack({ clean: filled(1), patched: filled(2) }, "run").at("run", "patched").toNested(); // → [ 2, 2 ]
   * ```
   */
  static stack<const Axes extends readonly string[], Axis extends string>(
    tensors: readonly LabelledTensor<Axes>[] | Readonly<Record<string, LabelledTensor<Axes>>>,
    axis: Axis,
  ): LabelledTensor<readonly [Axis, ...Axes]> {
    const all = Object.values(tensors);
    const [first] = all;
    if (first === undefined) throw new UsageError("There are no tensors to stack", "give at least one");
    const { axes, shape, names } = first;
    for (const other of all) {
      // In both directions: none may have an axis more.
      beside(asOperand(first), asOperand(other));
      beside(asOperand(other), asOperand(first));
    }
    const data = new Float32Array(all.length * first.data.length);
    for (const [place, other] of all.entries()) {
      const from = beside(asOperand(first), asOperand(other));
      for (let i = 0; i < first.data.length; i++) data[place * first.data.length + i] = other.data[from(i)] ?? 0;
    }
    const own = Array.isArray(tensors) ? {} : { [axis]: Object.keys(tensors) };
    return made([axis, ...axes], [all.length, ...shape], { data, names: { ...names, ...own } });
  }

  /**
   * One place of an axis, without the axis.
   *
   * @throws UsageError where there is no such axis or place.
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.at("run", 1).toNested(); // → [ 6, 8 ]
   * ```
   */
  at<Axis extends Axes[number]>(axis: Axis, place: Place): LabelledTensor<WithoutAxis<Axes, Axis>> {
    const found = placeOf(place, this.#named(axis));
    const { outer, size, inner } = this.#along(axis);
    const data = new Float32Array(outer * inner);
    for (let o = 0; o < outer; o++) {
      const from = (o * size + found) * inner;
      data.set(this.data.subarray(from, from + inner), o * inner);
    }
    return this.#without(axis, data);
  }

  /**
   * Some places of an axis: those listed, in the order given, or those that the test is true of.
   *
   * @throws UsageError where there is no such axis or place, or none is left.
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.where("run", (_name, place) => place > 0).shape; // → [ 1, 2 ]
   * t.where("dModel", [1]).toNested(); // → [ [ 4 ], [ 8 ] ]
   * ```
   */
  where(axis: Axes[number], places: Places): LabelledTensor<Axes> {
    const at = this.#axis(axis);
    const { outer, size, inner } = along(this.shape, at);
    const kept = keptPlaces(places, this.#named(axis));
    const data = new Float32Array(outer * kept.length * inner);
    for (let o = 0; o < outer; o++)
      for (const [k, place] of kept.entries()) {
        const from = (o * size + place) * inner;
        data.set(this.data.subarray(from, from + inner), (o * kept.length + k) * inner);
      }
    const own = this.#names[axis];
    const names = own === undefined ? {} : { [axis]: kept.map((place) => own[place] ?? "") };
    const shape = this.shape.map((n, place) => (place === at ? kept.length : n));
    return made(this.axes, shape, { data, names: { ...this.#names, ...names } });
  }

  /**
   * Sum along an axis, without the axis.
   *
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.sum("run").toNested(); // → [ 9, 12 ]
   * ```
   */
  sum<Axis extends Axes[number]>(axis: Axis): LabelledTensor<WithoutAxis<Axes, Axis>> {
    return this.#without(axis, Float32Array.from(summed(this.#along(axis), (i) => this.data[i] ?? 0)));
  }

  /**
   * Mean along an axis, without the axis.
   *
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.mean("run").toNested(); // → [ 4.5, 6 ]
   * ```
   */
  mean<Axis extends Axes[number]>(axis: Axis): LabelledTensor<WithoutAxis<Axes, Axis>> {
    const parts = this.#along(axis);
    const sums = summed(parts, (i) => this.data[i] ?? 0);
    return this.#without(
      axis,
      Float32Array.from(sums, (sum) => sum / parts.size),
    );
  }

  /**
   * Euclidean norm along an axis, without the axis.
   *
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.norm("dModel").toNested(); // → [ 5, 10 ]
   * ```
   */
  norm<Axis extends Axes[number]>(axis: Axis): LabelledTensor<WithoutAxis<Axes, Axis>> {
    return this.#without(axis, Float32Array.from(this.#products(this, axis), Math.sqrt));
  }

  /**
   * Difference, place by place; an axis that the other lacks is repeated.
   *
   * @throws UsageError where sizes or names differ.
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.minus(t.mean("run")).toNested(); // → [ [ -1.5, -2 ], [ 1.5, 2 ] ]
   * ```
   */
  minus<Others extends readonly Axes[number][]>(other: LabelledTensor<Others>): LabelledTensor<Axes> {
    return this.#with(other, (a, b) => a - b);
  }

  /**
   * Sum, place by place; an axis that the other lacks is repeated.
   *
   * @throws UsageError where sizes or names differ.
   * @example
   * ```ts
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * v.plus(v).toNested(); // → [ 2, 4 ]
   * ```
   */
  plus<Others extends readonly Axes[number][]>(other: LabelledTensor<Others>): LabelledTensor<Axes> {
    return this.#with(other, (a, b) => a + b);
  }

  /**
   * Every number times a factor.
   *
   * @example
   * ```ts
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * v.times(-0.5).toNested(); // → [ -0.5, -1 ]
   * ```
   */
  times(factor: number): LabelledTensor<Axes> {
    return made(this.axes, this.shape, { data: this.data.map((x) => x * factor), names: this.#names });
  }

  /**
   * Scalar product with another along an axis that both have, without the axis.
   *
   * @throws UsageError where sizes or names differ.
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * t.dot(v, "dModel").toNested(); // → [ 11, 22 ]
   * ```
   */
  dot<Axis extends Axes[number], Others extends readonly Axes[number][]>(
    other: LabelledTensor<Others>,
    axis: Axis,
  ): LabelledTensor<WithoutAxis<Axes, Axis>> {
    return this.#without(axis, Float32Array.from(this.#products(other, axis)));
  }

  /**
   * Cosine of the angle to another along an axis that both have, without the axis.
   *
   * @throws UsageError where sizes or names differ. NumericError where one of the vectors is zero: it has no direction.
   * @example
   * ```ts
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * v.cosine(v.times(-3), "dModel").toNumber(); // → -1
   * ```
   */
  cosine<Axis extends Axes[number], Others extends readonly Axes[number][]>(
    other: LabelledTensor<Others>,
    axis: Axis,
  ): LabelledTensor<WithoutAxis<Axes, Axis>> {
    const products = this.#products(other, axis);
    const own = this.#products(this, axis);
    const from = beside(asOperand(this), asOperand(other));
    const theirs = summed(this.#along(axis), (i) => (other.data[from(i)] ?? 0) ** 2);
    const zero = own.findIndex((square, i) => square === 0 || theirs[i] === 0);
    if (zero >= 0)
      throw new NumericError(
        `Vector ${zero} along "${axis}" is zero and has no direction`,
        "leave it out with where(), or measure with dot()",
      );
    return this.#without(
      axis,
      Float32Array.from(products, (product, i) => product / Math.sqrt((own[i] ?? 0) * (theirs[i] ?? 0))),
    );
  }

  /**
   * The places of an axis in order, each with its name (its number where it has none) and without the axis.
   *
   * @example
   * ```ts
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * [...v.along("dModel")].map(([name, each]) => `${name}: ${each.toNumber()}`); // → [ '0: 1', '1: 2' ]
   * ```
   */
  *along<Axis extends Axes[number]>(axis: Axis): Generator<[string, LabelledTensor<WithoutAxis<Axes, Axis>>]> {
    for (const name of this.#named(axis).names) yield [name, this.at(axis, name)];
  }

  /**
   * The one number of a tensor that has no axis left.
   *
   * @throws UsageError where an axis is left.
   * @example
   * ```ts
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * v.norm("dModel").toNumber(); // → 2.2361
   * ```
   */
  toNumber(this: LabelledTensor<readonly []>): number {
    const [only] = this.data;
    if (this.axes.length > 0 || only === undefined)
      throw new UsageError(
        `${describeAxes(this.axes, this.shape)} is not one number`,
        "take its axes away with at(), mean(), norm() or dot()",
      );
    return only;
  }

  /**
   * The numbers as nested arrays, one depth an axis.
   *
   * @example
   * ```ts
   * const t = new LabelledTensor({ axes: ["run", "dModel"], shape: [2, 2], data: Float32Array.of(3, 4, 6, 8) });
   * t.toNested(); // → [ [ 3, 4 ], [ 6, 8 ] ]
   * ```
   */
  toNested(): Nested {
    return nested(this.data, this.shape);
  }

  /**
   * A tensor of the engine, for a hook; the caller owns it, and `using` frees it at the end of the block.
   *
   * @example
   * ```ts
   * const v = new LabelledTensor({ axes: ["dModel"], shape: [2], data: Float32Array.of(1, 2) });
   * using tensor = v.toTensor();
   * tensor.shape; // → [ 2 ]
   * ```
   */
  toTensor(): Tensor & Disposable {
    return tf.tensor(this.data, [...this.shape]);
  }

  get #names(): AxisNames {
    return this.names as AxisNames;
  }

  #axis(axis: string): number {
    const place = this.axes.indexOf(axis);
    if (place < 0)
      throw new UsageError(`No axis "${axis}" in ${describeAxes(this.axes, this.shape)}`, "name one of these");
    return place;
  }

  #along(axis: string): Along {
    return along(this.shape, this.#axis(axis));
  }

  #named(axis: string): NamedAxis {
    const { size } = this.#along(axis);
    return { axis, names: this.#names[axis] ?? Array.from({ length: size }, (_, place) => String(place)) };
  }

  #without<Axis extends string>(axis: Axis, data: Float32Array): LabelledTensor<WithoutAxis<Axes, Axis>> {
    const at = this.#axis(axis);
    const { [axis]: _, ...names } = this.#names;
    return made(
      this.axes.filter((_each, place) => place !== at),
      this.shape.filter((_each, place) => place !== at),
      { data, names },
    );
  }

  #with(other: LabelledTensor<readonly string[]>, of: (a: number, b: number) => number): LabelledTensor<Axes> {
    const from = beside(asOperand(this), asOperand(other));
    const data = this.data.map((a, i) => of(a, other.data[from(i)] ?? 0));
    return made(this.axes, this.shape, { data, names: { ...(other.names as AxisNames), ...this.#names } });
  }

  #products(other: LabelledTensor<readonly string[]>, axis: string): Float64Array {
    if (!other.axes.includes(axis))
      throw new UsageError(`${describeAxes(other.axes, other.shape)} has no axis "${axis}"`, "name one that both have");
    const from = beside(asOperand(this), asOperand(other));
    return summed(this.#along(axis), (i) => (this.data[i] ?? 0) * (other.data[from(i)] ?? 0));
  }
}

printsAs(LabelledTensor.prototype, {
  whole: (tensor) => labelledText(asOperand(tensor)),
  line: (tensor) => labelledLine(asOperand(tensor)),
});

function asOperand(tensor: LabelledTensor<readonly string[]>): Operand {
  return { ...tensor, names: tensor.names as AxisNames };
}

function made<Axes extends readonly string[]>(
  axes: readonly string[],
  shape: readonly number[],
  { data, names }: Pick<Operand, "data" | "names">,
): LabelledTensor<Axes> {
  return new LabelledTensor({ axes, shape, data, names }) as unknown as LabelledTensor<Axes>;
}

function nested(data: Float32Array, [size, ...rest]: readonly number[]): Nested {
  if (size === undefined) return data[0] ?? 0;
  const inner = data.length / size;
  return Array.from({ length: size }, (_, i) => nested(data.subarray(i * inner, (i + 1) * inner), rest));
}

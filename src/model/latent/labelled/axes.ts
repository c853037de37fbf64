/** Axes by name: what is left of them as types, and where the places of one lie in a flat array. */

import { UsageError } from "../../../base/errors.js";

/** The axes without one of them, in order. */
export type WithoutAxis<Axes extends readonly string[], Axis extends string> = number extends Axes["length"]
  ? readonly string[]
  : Axes extends readonly [infer First extends string, ...infer Rest extends readonly string[]]
    ? First extends Axis
      ? WithoutAxis<Rest, Axis>
      : readonly [First, ...WithoutAxis<Rest, Axis>]
    : readonly [];

/** Names of the places along an axis, for those axes whose places have names. */
export type AxisNames = Readonly<Record<string, readonly string[]>>;

/** An array seen along one of its axes: `[outer, size, inner]`. */
export interface Along {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** How many numbers an array of this shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** @param place of the axis in the shape. */
export function along(shape: readonly number[], place: number): Along {
  return { outer: sizeOf(shape.slice(0, place)), size: shape[place] ?? 1, inner: sizeOf(shape.slice(place + 1)) };
}

/** Axes and sizes for messages: `[position: 11, dModel: 64]`. */
export function describeAxes(axes: readonly string[], shape: readonly number[]): string {
  return `[${axes.map((axis, place) => `${axis}: ${shape[place]}`).join(", ")}]`;
}

/** @throws UsageError where an axis is without a name, stands twice, or its size or its names do not fit. */
export function checkParts(parts: {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly names: AxisNames;
}): void {
  const { axes, shape, data, names } = parts;
  const twice = axes.find((axis, place) => axis === "" || axes.indexOf(axis) !== place);
  if (twice !== undefined)
    throw new UsageError(`Axes [${axes.join(", ")}]: "${twice}" is no name of one axis`, "give each a name of its own");
  if (axes.length !== shape.length)
    throw new UsageError(
      `${axes.length} axes [${axes.join(", ")}] for the shape [${shape.join(", ")}]`,
      "give each axis its size, in the same order",
    );
  if (sizeOf(shape) !== data.length)
    throw new UsageError(`${data.length} numbers for ${describeAxes(axes, shape)}`, `give ${sizeOf(shape)} numbers`);
  for (const [axis, own] of Object.entries(names)) checkNames(own, { axis, size: shape[axes.indexOf(axis)] });
}

function checkNames(
  names: readonly string[],
  { axis, size }: { readonly axis: string; readonly size: number | undefined },
): void {
  if (size === undefined) throw new UsageError(`Names of "${axis}", which is no axis here`, "name existing axes");
  if (names.length !== size)
    throw new UsageError(`${names.length} names for the ${size} places of "${axis}"`, "give each place its name");
  const known = new Set<string>();
  const twice = names.find((name) => known.size === known.add(name).size);
  if (twice !== undefined)
    throw new UsageError(`Two places of "${axis}" are named "${twice}"`, "give each place a name of its own");
}

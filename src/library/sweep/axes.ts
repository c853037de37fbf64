/** The axes of a sweep as they are shown, and the cells that they span. */

import { UsageError } from "../../base/errors.js";
import { didYouMean } from "../../base/nearest.js";
import type { AxisValue, Over } from "./spec.js";

/** A value as it stands in rows, figures and files. */
export type Shown = string | number | boolean;

/** One axis. */
export interface Axis {
  readonly name: string;
  readonly values: readonly Shown[];
}

/** The place of a cell: a number into the values of each axis. */
export type Place = readonly number[];

/** What stands in rows beside the axes. */
const TAKEN: readonly string[] = ["problem", "condition", "control", "instead"];

/** A function or an object is shown by its name. */
function shownOf(value: AxisValue): Shown {
  return typeof value === "object" || typeof value === "function" ? value.name : value;
}

/** @throws UsageError for a list without values, for values that look the same, and for a name that is taken. */
export function axesOf(over: Over, measures: readonly string[]): Axis[] {
  return Object.entries(over)
    .map(([name, values]) => {
      if (TAKEN.includes(name) || measures.includes(name))
        throw new UsageError(
          `over.${name}: the name "${name}" is taken ${measures.includes(name) ? "by a measure" : "by a column of every row"}`,
          "give the axis another name",
        );
      if (!Array.isArray(values) || values.length === 0)
        throw new UsageError(`over.${name} holds no values, wanted a list`, `write over: { ${name}: range(6) }`);
      return { name, values: values.map((value, i) => checkedValue(value, `over.${name}[${i}]`)) };
    })
    .map(distinct);
}

function checkedValue(value: AxisValue, where: string): Shown {
  const shown: unknown = value === null || value === undefined ? value : shownOf(value);
  if ((typeof shown === "string" && shown !== "") || typeof shown === "boolean" || Number.isFinite(shown))
    return shown as Shown;
  throw new UsageError(
    `${where} is ${describe(value)}, wanted a text, a number, a truth value, or something with a name`,
    "give an object a field name, which stands for it in rows and figures",
  );
}

function describe(value: unknown): string {
  if (typeof value === "function") return "a function without a name";
  return typeof value === "object" && value !== null
    ? "an object without a name"
    : (JSON.stringify(value) ?? "undefined");
}

function distinct(axis: Axis): Axis {
  const texts = axis.values.map(String);
  const twice = texts.find((text, i) => texts.indexOf(text) !== i);
  if (twice === undefined) return axis;
  throw new UsageError(`over.${axis.name} holds ${twice} twice`, "leave one out, or give them different names");
}

/** Every combination, the last axis fastest. */
export function placesOf(axes: readonly Axis[]): Place[] {
  return axes.reduce<number[][]>(
    (places, { values }) => places.flatMap((place) => [...values.keys()].map((i) => [...place, i])),
    [[]],
  );
}

/** The cell of a place, with the values themselves. */
export function cellAt(over: Over, place: Place): Record<string, AxisValue> {
  return Object.fromEntries(Object.entries(over).map(([name, values], axis) => [name, values[place[axis] ?? 0] ?? ""]));
}

/** `layer 3, latent 2`. */
export function cellName(axes: readonly Axis[], place: Place): string {
  return axes.map(({ name, values }, axis) => `${name} ${values[place[axis] ?? 0]}`).join(", ");
}

/**
 * Where a cell's values lie; null for an axis that is left out.
 *
 * @throws UsageError for an axis or a value that the sweep does not have, naming the nearest.
 */
export function placeOf(axes: readonly Axis[], cell: Readonly<Record<string, unknown>>): (number | null)[] {
  const unknown = Object.keys(cell).find((name) => !axes.some((axis) => axis.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `The sweep has no axis "${unknown}"${didYouMean(
        unknown,
        axes.map(({ name }) => name),
      )}`,
      `its axes are ${axes.map(({ name }) => name).join(", ") || "none"}`,
    );
  return axes.map(({ name, values }) => {
    const wanted = cell[name];
    if (wanted === undefined) return null;
    const shown = shownOf(wanted as AxisValue);
    const place = values.indexOf(shown);
    if (place >= 0) return place;
    throw new UsageError(
      `${name} ${JSON.stringify(shown)} is not among the sweep's values`,
      `${name} is one of ${values.join(", ")}`,
    );
  });
}

/** How a labelled tensor prints: its axes with their names, its range, and a corner of its numbers. */

import { abridged, fourDigits, listed } from "../../../base/printing.js";
import type { Operand } from "../labelled/arithmetic.js";
import { describeAxes } from "../labelled/axes.js";

/** One line. */
export function labelledLine({ axes, shape, data }: Operand): string {
  return `LabelledTensor ${axes.length === 0 ? fourDigits(data[0] ?? Number.NaN) : describeAxes(axes, shape)}`;
}

/** A screen at most. */
export function labelledText(tensor: Operand): string {
  if (tensor.axes.length === 0) return labelledLine(tensor);
  const named = tensor.axes.map((axis) => [axis, namesText(tensor.names[axis])] as const);
  return [listed(labelledLine(tensor), [...named, ["values", rangeOf(tensor.data)]]), ...cornerOf(tensor)].join("\n");
}

function namesText(names: readonly string[] | undefined): string | null {
  return names === undefined ? null : abridged(names, { gap: "…" }).join(", ");
}

function rangeOf(data: Float32Array): string {
  let [least, most, sum, others] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const x of data) {
    if (!Number.isFinite(x)) others++;
    else [least, most, sum] = [Math.min(least, x), Math.max(most, x), sum + x];
  }
  const finite = data.length - others;
  const range =
    finite === 0 ? "none finite" : `${fourDigits(least)} to ${fourDigits(most)}, mean ${fourDigits(sum / finite)}`;
  return others === 0 || finite === 0 ? range : `${range}; ${others} not finite`;
}

const MOST_COLUMNS = 7;

/** The last two axes at the first place of all others, as a table. */
function cornerOf({ axes, shape, data, names }: Operand): string[] {
  const columns = axes.length - 1;
  const rows = axes.length - 2;
  const width = shape[columns] ?? 0;
  const nameOf = (axis: number, place: number): string => names[axes[axis] ?? ""]?.[place] ?? String(place);
  const places = (axis: number, most: number): readonly number[] =>
    abridged(
      Array.from({ length: shape[axis] ?? 1 }, (_, place) => place),
      { most, gap: -1 },
    );
  const shown = places(columns, MOST_COLUMNS);
  const cell = (row: number, column: number): string =>
    row < 0 || column < 0 ? "…" : fourDigits(data[row * width + column] ?? Number.NaN);
  const lines = [
    ["", ...shown.map((place) => (place < 0 ? "…" : nameOf(columns, place)))],
    ...(rows < 0 ? [0] : places(rows, 8)).map((row) => [
      row < 0 ? "…" : rows < 0 ? "" : nameOf(rows, row),
      ...shown.map((column) => cell(row, column)),
    ]),
  ];
  const widths = shown.map((_, at) => Math.max(...lines.map((line) => line[at + 1]?.length ?? 0)));
  const first = Math.max(...lines.map(([name = ""]) => name.length));
  const fixed = axes.slice(0, Math.max(0, rows)).map((axis, at) => `${axis} ${nameOf(at, 0)}`);
  return [
    ...(fixed.length === 0 ? [] : [`  at ${fixed.join(", ")}:`]),
    ...lines.map(([name = "", ...cells]) =>
      `  ${[name.padEnd(first), ...cells.map((text, at) => text.padStart(widths[at] ?? 0))].join("  ")}`.trimEnd(),
    ),
  ];
}

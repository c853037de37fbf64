/** The tensors of a checkpoint as text: first by kind, then each, blocks in the order of their numbers. */

import { mebibytes } from "../base/bytes.js";
import { escapeUnprintable } from "../base/errors.js";
import type { TensorLine } from "../weights/describe.js";

/** Lines of both tables and the total. */
export function tensorTable(tensors: readonly TensorLine[]): string[] {
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    ...table(["kind", "count", "type", "shape", "bytes"], kindsOf(tensors)),
    "",
    ...table(
      ["tensor", "type", "shape", "bytes"],
      [...tensors]
        .sort((a, b) => byNumbers(a.name, b.name))
        .map(({ name, dtype, shape, bytes }) => [escapeUnprintable(name), dtype, shapeText(shape), String(bytes)]),
    ),
    `${tensors.length} tensors, ${mebibytes(total)}`,
  ];
}

/** Names that differ in their numbers alone are one kind: `model.layers.*.mlp.up_proj.weight`. */
function kindsOf(tensors: readonly TensorLine[]): string[][] {
  const kinds = new Map<string, TensorLine[]>();
  for (const tensor of [...tensors].sort((a, b) => byNumbers(a.name, b.name))) {
    const kind = tensor.name.replace(/(?<=^|\.)\d+(?=\.|$)/g, "*");
    kinds.set(kind, [...(kinds.get(kind) ?? []), tensor]);
  }
  return [...kinds].map(([kind, members]) => [
    // A number that only one tensor has is no place in a row.
    escapeUnprintable(members.length === 1 ? (members[0]?.name ?? kind) : kind),
    String(members.length),
    [...new Set(members.map(({ dtype }) => dtype))].join(" or "),
    [...new Set(members.map(({ shape }) => shapeText(shape)))].join(" or "),
    String(members.reduce((sum, { bytes }) => sum + bytes, 0)),
  ]);
}

/** Runs of digits compare as numbers, the rest by code unit. */
function byNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (const [at, part] of (left ?? []).entries()) {
    const other = right?.[at];
    if (other === undefined) return 1;
    if (part === other) continue;
    const numbers = /^\d/.test(part) && /^\d/.test(other);
    if (numbers && Number(part) !== Number(other)) return Number(part) - Number(other);
    return part < other ? -1 : 1;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Columns under their heads; counts and bytes stand to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const right = (column: number): boolean => head[column] === "count" || head[column] === "bytes";
  return all.map((row) =>
    row.map((cell, at) => (right(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join("  "),
  );
}

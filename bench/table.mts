/** Text of the tables in RESULTS.md. */

import type { Spread } from "./statistics.mjs";

/** A markdown table. @throws RangeError for a row of another width. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => {
    if (cells.length !== head.length)
      throw new RangeError(`A row of ${cells.length} cells under ${head.length} columns: ${cells.join(", ")}`);
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  };
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Three digits that count: `0.0123`, `1.23`, `123`. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(6, Math.max(0, 2 - size)));
}

/** `1.23 (1.20–1.31)`. */
export function spreadText({ median, least, most }: Spread): string {
  return least === most ? digits(median) : `${digits(median)} (${digits(least)}–${digits(most)})`;
}

/** Seconds with their unit: `812 ms (790–901)`. */
export function secondsText({ median, least, most }: Spread): string {
  const [factor, unit] = median < 1e-3 ? [1e6, "µs"] : median < 1 ? [1e3, "ms"] : [1, "s"];
  const range = least === most ? "" : ` (${digits(least * factor)}–${digits(most * factor)})`;
  return `${digits(median * factor)} ${unit}${range}`;
}

/** A figure that was set before it was measured. */
export interface Target {
  readonly what: string;
  readonly wanted: number;
  readonly sense: "at least" | "at most";
  readonly unit: string;
  /** NaN where it was not measured. */
  readonly measured: number;
  /** What to know about the measurement. */
  readonly note?: string;
}

/** `met`, or by how much it was missed. */
export function verdict({ wanted, sense, measured }: Target): string {
  if (!Number.isFinite(measured)) return "not measured";
  if (sense === "at least" ? measured >= wanted : measured <= wanted) return "met";
  const by = sense === "at least" ? 1 - measured / wanted : measured / wanted - 1;
  return `missed by ${digits(100 * by)} %`;
}

/** The table of targets of a group, with the line that says how many were met. */
export function targetTable(targets: readonly Target[]): string[] {
  if (targets.length === 0) return [];
  return table(
    ["target", "wanted", "measured", "verdict"],
    targets.map((target) => {
      const { what, wanted, sense, unit, measured, note } = target;
      const shown = Number.isFinite(measured) ? `${digits(measured)}${unit}` : "–";
      return [what, `${sense} ${wanted}${unit}`, note === undefined ? shown : `${shown} (${note})`, verdict(target)];
    }),
  );
}

/** `5.31 GiB`. */
export function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

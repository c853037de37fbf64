/** What several machines measured for one target, side by side: no machine's ratio is the product's. */

import type { Section } from "./results.mjs";
import { table } from "./table.mjs";

/** A target and its figure on each machine that measured it. */
export interface Range {
  readonly group: string;
  readonly what: string;
  /** Machine → the figure as its section has it, with its unit. */
  readonly measured: ReadonlyMap<string, string>;
}

// A row of a target table: what, wanted, measured, verdict.
const TARGET = /^\| (.+?) \| at (?:least|most) [^|]+ \| (-?[\d.]+)( [^|(]+?)?(?: \([^|]*\))? \| (?:met|missed)[^|]*\|$/;

/** Every measured target of some sections, in their order. */
export function rangesOf(sections: readonly Section[]): Range[] {
  const found = new Map<string, { group: string; what: string; measured: Map<string, string> }>();
  for (const { machine, name, text } of sections)
    for (const line of text.split("\n")) {
      const [, what, value, unit = ""] = TARGET.exec(line) ?? [];
      if (what === undefined) continue;
      const key = `${name} ${what}`;
      const range = found.get(key) ?? { group: name, what, measured: new Map<string, string>() };
      found.set(key, range);
      range.measured.set(machine, `${value}${unit}`);
    }
  return [...found.values()];
}

/** Least to most with the unit, `1.40 to 2.70`; one machine's figure names that machine. */
export function rangeText({ measured }: Range): string {
  const sorted = [...measured.entries()].sort(([, a], [, b]) => Number.parseFloat(a) - Number.parseFloat(b));
  const [[machine, least] = ["", ""], [, most] = ["", ""]] = [sorted[0], sorted.at(-1)];
  if (measured.size === 1) return `${least} (${machine} alone)`;
  const [, unit = ""] = /^-?[\d.]+(.*)$/.exec(least) ?? [];
  return least === most ? least : `${least.slice(0, least.length - unit.length)} to ${most}`;
}

/** A table of all targets; none where nothing was measured. */
export function rangeLines(ranges: readonly Range[], machines: readonly string[]): string[] {
  if (ranges.length === 0) return [];
  return table(
    ["group", "target", "range", ...machines],
    ranges.map((range) => [
      range.group,
      range.what,
      rangeText(range),
      ...machines.map((machine) => range.measured.get(machine) ?? "–"),
    ]),
  );
}

const BEGIN = "<!-- ranges of bench/RESULTS.md: written by npm run bench -->";
const END = "<!-- end of ranges -->";

/**
 * A page with the range of some targets between its two marks, in the order of `shown`.
 *
 * @throws RangeError for a page without the marks.
 */
export function withRanges(page: string, ranges: readonly Range[], shown: readonly string[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new RangeError(`The page has no "${BEGIN}" and "${END}"`);
  const rows = shown.flatMap((what) => ranges.filter((range) => range.what === what));
  const machines = [...new Set(rows.flatMap(({ measured }) => [...measured.keys()]))];
  const lines = [
    ...table(
      ["measured at the LLaMA-3.2-1B shape", "range over machines"],
      rows.map((range) => [range.what, rangeText(range)]),
    ),
    "",
    `Machines: ${machines.join("; ")}.`,
  ];
  return `${before}${BEGIN}\n\n${lines.join("\n")}\n\n${END}${after}`;
}

/** What a figure draws, as rows: every mark with its numbers and the sentence that it says when it is hovered over. */

import type { Cell, Cells } from "./cells.js";
import type { FigureSpec } from "./figure.js";

// Numbers as they are printed beside the marks; the marks' own numbers have all digits.
const PRINTED = new Set(["text", "interval", "label", "spoken"]);

/**
 * @returns a row a mark: the panel's title or number, the fields that are drawn, and what the mark says (`mark`). Marks that are
 *   drawn in two ways, such as a point and its interval, are one row.
 */
export function figureData(spec: FigureSpec): Cells {
  const panels = panelsOf(spec, []);
  const fields = [...new Set(panels.flatMap(({ values }) => values.flatMap((row) => Object.keys(row))))].filter(
    (field) => !PRINTED.has(field),
  );
  const seen = new Set<string>();
  const rows = panels.flatMap(({ panel, values }) =>
    values.flatMap((row): Cell[][] => {
      const cells = [panel, ...fields.map((field) => cellOf(row[field])), cellOf(row["spoken"])];
      const key = JSON.stringify(cells);
      if (Object.keys(row).length === 0 || seen.has(key)) return [];
      seen.add(key);
      return [cells];
    }),
  );
  return { header: ["panel", ...fields, "mark"], rows };
}

interface Panel {
  readonly panel: string;
  readonly values: readonly Readonly<Record<string, unknown>>[];
}

/** @param path titles of the panels around it, or their numbers. */
function panelsOf(spec: FigureSpec, path: readonly string[]): Panel[] {
  const { values } = (spec["data"] ?? {}) as { readonly values?: Panel["values"] };
  const own = values === undefined ? [] : [{ panel: path.join(", "), values }];
  const inside = ["hconcat", "vconcat", "concat"].flatMap((key) =>
    ((spec[key] ?? []) as FigureSpec[]).map((part, index) => ({ part, name: titleOf(part) ?? String(index + 1) })),
  );
  return [
    ...own,
    ...inside.flatMap(({ part, name }) => panelsOf(part, [...path, name])),
    ...((spec["layer"] ?? []) as FigureSpec[]).flatMap((part) => panelsOf(part, path)),
  ];
}

function titleOf({ title }: FigureSpec): string | null {
  const text = typeof title === "object" && title !== null && "text" in title ? title.text : title;
  return typeof text === "string" ? text : Array.isArray(text) ? text.join(" ") : null;
}

function cellOf(value: unknown): Cell {
  return value === undefined || value === null ? null : typeof value === "number" ? value : String(value);
}

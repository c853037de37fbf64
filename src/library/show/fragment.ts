/** Pieces of HTML that stand by themselves in any notebook: their colours follow the front end's text, so that light and dark both read. */

import { escapeHtml } from "../../analysis/report/html.js";

/** One blue that reads behind dark and behind light text; how strong it is says how much. */
export const INK = "59, 143, 217";

const LINE = "color-mix(in srgb, currentColor 22%, transparent)";
const SOFT = "color-mix(in srgb, currentColor 72%, transparent)";

// Front ends set their own rules for tables: what a reader needs stands in the class of ours.
const STYLE = `
.codilens{font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:inherit;max-width:70rem;overflow-x:auto}
.codilens p{margin:.35em 0;max-width:76ch}
.codilens .soft{color:${SOFT};font-size:.9em}
.codilens table.shown{border-collapse:collapse;margin:.6em 0;font-size:inherit;color:inherit;border:0}
.codilens table.shown caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0;color:inherit}
.codilens table.shown th,.codilens table.shown td{padding:.2em .6em;text-align:left;vertical-align:top;border:0;border-bottom:1px solid ${LINE};white-space:nowrap;background-color:transparent}
.codilens table.shown tbody tr{background:transparent}
.codilens table.shown .long{white-space:normal;min-width:16ch;max-width:48ch;font-weight:inherit}
.codilens table.shown td.number,.codilens table.shown th.number{text-align:right;font-variant-numeric:tabular-nums}
.codilens .token{display:inline-block;padding:.05em .3em;margin:.1em .1em;border-radius:4px;white-space:pre}
.codilens .token small{display:block;font-size:.75em;color:${SOFT};font-variant-numeric:tabular-nums}
.codilens .chosen{outline:1.5px solid currentColor}
.codilens .grid{display:flex;flex-wrap:wrap;gap:.8em}
.codilens figure{margin:0}
.codilens figcaption{font-size:.85em}
.codilens svg{display:block;max-width:none}
`.trim();

/** Attributes of a cell that shows a share from 0 to 1 by its colour. */
export function shaded(share: number): string {
  // Text stays readable on the strongest shade.
  const alpha = Math.max(0, Math.min(1, share)) * 0.6;
  return `style="background-color:rgba(${INK},${alpha.toFixed(3)})"`;
}

/** A whole output: one element with its style beside it. @param body is HTML. */
export function framed(body: string): string {
  return `<div class="codilens"><style>${STYLE}</style>${body}</div>`;
}

/** A paragraph of text that came from data. */
export function paragraph(text: string, name = ""): string {
  return `<p${name === "" ? "" : ` class="${name}"`}>${escapeHtml(text)}</p>`;
}

/** One cell of a table: its text, and a share from 0 to 1 where it is coloured. */
export interface ShownCell {
  readonly text: string;
  readonly share?: number;
  /** In words, on hover. */
  readonly title?: string;
}

/** A table before it is drawn. */
export interface ShownTable {
  readonly caption: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | ShownCell)[])[];
  /** Columns of numbers. */
  readonly numbers?: readonly number[];
}

/** A table as HTML: the first cell of each row names it. */
export function tableOf({ caption, header, rows, numbers = [] }: ShownTable): string {
  const head = header.map((text, i) => `<th scope="col"${kindOf(text, numbers.includes(i))}>${escapeHtml(text)}</th>`);
  const body = rows.map(
    (row) =>
      `<tr>${row.map((cell, i) => cellOf(cell, { isFirst: i === 0, isNumber: numbers.includes(i) })).join("")}</tr>`,
  );
  const title = caption === "" ? "" : `<caption>${escapeHtml(caption)}</caption>`;
  return `<table class="shown">${title}<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function cellOf(
  cell: string | ShownCell,
  { isFirst, isNumber }: { readonly isFirst: boolean; readonly isNumber: boolean },
): string {
  const { text, share, title } = typeof cell === "string" ? { text: cell, share: undefined, title: undefined } : cell;
  const colour = share === undefined ? "" : ` ${shaded(share)}`;
  const hover = title === undefined ? "" : ` title="${escapeHtml(title)}"`;
  const [name, scope] = isFirst ? ["th", ' scope="row"'] : ["td", ""];
  return `<${name}${scope}${kindOf(text, isNumber)}${colour}${hover}>${escapeHtml(text)}</${name}>`;
}

// A longer text is broken into lines.
const ONE_LINE = 42;

function kindOf(text: string, isNumber: boolean): string {
  if (isNumber) return ' class="number"';
  return text.length > ONE_LINE ? ' class="long"' : "";
}

/** The same table as lines of text. */
export function textTable({ caption, header, rows, numbers = [] }: ShownTable): string {
  const texts = [header, ...rows.map((row) => row.map((cell) => (typeof cell === "string" ? cell : cell.text)))].map(
    (row) => row.map(oneLine),
  );
  const widths = header.map((_, i) => Math.max(...texts.map((row) => row[i]?.length ?? 0)));
  const lines = texts.map((row) =>
    row
      .map((text, i) => (numbers.includes(i) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return [...(caption === "" ? [] : [caption]), ...lines].join("\n");
}

/** Text from data on one line of a terminal: what cannot be seen becomes visible. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) =>
    char === "\n" ? "↵" : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A probability by its logarithm: `0.981`, `<0.001`. */
export function probabilityText(logProb: number): string {
  const probability = Math.exp(logProb);
  if (probability < 0.0005) return "<0.001";
  return probability > 0.9995 ? ">0.999" : probability.toFixed(3);
}

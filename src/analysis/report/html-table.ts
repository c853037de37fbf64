/** Tables as HTML. */

import { isReason, type RowKeys, type TableData } from "../../exhibits/table.js";
import { escapeHtml } from "./html.js";
import { STACKED_BELOW } from "./table-style.js";

/** A box that says what a reader must know before the numbers. */
export function note(head: string, text: string): string {
  return `<aside class="note"><p><strong>${escapeHtml(head)}</strong></p><p>${escapeHtml(text)}</p></aside>`;
}

/** A table as HTML; its texts are escaped here. The page's script sorts, searches and saves it by its name. */
export function htmlTable(table: TableData): string {
  const { name, header, rows, keys } = table;
  const head = header.map((each) => `<th scope="col">${escapeHtml(each)}</th>`).join("");
  const body = rows.map((row, i) => `<tr${keysOf(keys[i])}>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll ${widthClass(table)}" role="region" aria-label="${escapeHtml(name)}" tabindex="0" data-table="${slug(name)}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function keysOf({ level, latent }: RowKeys = {}): string {
  const ofLevel = level === undefined ? "" : ` data-level="${escapeHtml(level)}"`;
  return latent === undefined ? ofLevel : `${ofLevel} data-latent="${latent}"`;
}

/** `by-level-and-latent`. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

// A short cell stays on one line, and what stands in brackets always does.
const ONE_LINE = 14;
const BRACKETS = /\[[^\]]{1,40}\]/g;

function cell(text: string): string {
  const whole = text.length <= ONE_LINE && !isReason(text) ? ' class="whole"' : "";
  return `<td${whole}>${escapeHtml(text).replace(BRACKETS, (each) => `<span class="whole">${each}</span>`)}</td>`;
}

// Width of a character of the table's text and the room beside a cell, in em; what is wider than a line of words may break.
const CHARACTER = 0.47;
const BESIDE = 0.8;
const MOST_CHARACTERS = 24;

/** Names the least width at which no cell is cut: below it the page shows each row as a block. */
function widthClass({ header, rows }: TableData): string {
  const columns = header.map((head, column) => {
    const cells = rows.map((row) => Math.max(...pieces(row[column] ?? "").map(({ length }) => length)));
    const heads = head.split(" ").map(({ length }) => length);
    return Math.min(MOST_CHARACTERS, Math.max(3, ...heads, ...cells)) * CHARACTER + BESIDE;
  });
  const width = columns.reduce((sum, each) => sum + each, 0);
  const below = STACKED_BELOW.find((each) => each >= width) ?? STACKED_BELOW.at(-1);
  return `below-${below}`;
}

function pieces(text: string): string[] {
  return text.length <= ONE_LINE ? [text] : (text.match(/\[[^\]]{1,40}\]|[^\s[]+/g) ?? [""]);
}

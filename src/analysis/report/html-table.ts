/** Tables as HTML. */

import { isReason, type RowKeys, type TableData } from "../../exhibits/table.js";
import { escapeHtml } from "./html.js";

/** A box that says what a reader must know before the numbers. */
export function note(head: string, text: string): string {
  return `<aside class="note"><p><strong>${escapeHtml(head)}</strong></p><p>${escapeHtml(text)}</p></aside>`;
}

/** A table as HTML; its texts are escaped here. */
export function htmlTable({ name, header, rows, keys }: TableData): string {
  const head = header.map((each) => `<th scope="col">${escapeHtml(each)}</th>`).join("");
  const body = rows.map((row, i) => `<tr${keysOf(keys[i])}>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll" role="region" aria-label="${escapeHtml(name)}" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function keysOf({ level, latent }: RowKeys = {}): string {
  const ofLevel = level === undefined ? "" : ` data-level="${escapeHtml(level)}"`;
  return latent === undefined ? ofLevel : `${ofLevel} data-latent="${latent}"`;
}

// Numbers and intervals stay on one line; reasons and long names may break.
const WIDEST_NAME = 40;

function cell(text: string): string {
  const breaks = isReason(text) ? "wrap" : text.length > WIDEST_NAME ? "wrap name" : null;
  return `<td${breaks === null ? "" : ` class="${breaks}"`}>${escapeHtml(text)}</td>`;
}

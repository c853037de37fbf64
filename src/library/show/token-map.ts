/** One head token by token: who looks at what, with the share on hover. */

import { escapeHtml } from "../../analysis/report/html.js";
import { framed, INK, oneLine, paragraph, type ShownTable, textTable } from "./fragment.js";
import type { Pattern } from "./pattern.js";
import { Shown } from "./shown.js";
import { longLabel, type PositionLabel, shortLabel } from "./texts.js";

const CELL = 15;
const LONGEST = 14;
// Room for a label of that many characters.
const ROOM = 92;
// What is left out is neither seen nor named.
const LEAST = 0.005;
/** How many keys of each reader the text names. */
const NAMED = 3;

/** @returns the map of one head. */
export function tokenMap(pattern: Pattern, head: number): Shown {
  const { layer, labels } = pattern;
  const title = `layer ${layer}, head ${head}`;
  const legend =
    "Each row looks, each column is looked at. A stronger colour is a larger share (by its square root); rest on a cell for its share.";
  const strongest = strongestKeys(pattern, head);
  return new Shown({
    html: framed(paragraph(title) + mapOf(pattern, head) + paragraph(legend, "soft")),
    text: `${title}, ${labels.length} positions\n${textTable(strongest)}`,
  });
}

function mapOf(pattern: Pattern, head: number): string {
  const { labels, layer } = pattern;
  const side = ROOM + labels.length * CELL;
  const said = `attention of layer ${layer}, head ${head}: ${labels.length} positions that look by as many that are looked at`;
  return (
    `<svg viewBox="0 0 ${side} ${side}" width="${side}" height="${side}" role="img" aria-label="${escapeHtml(said)}" font-size="10" fill="currentColor">` +
    labels.map((label, place) => axisLabels(label, place)).join("") +
    `<g fill="rgb(${INK})" stroke="currentColor" stroke-opacity=".12">${cellsOf(pattern, head)}</g></svg>`
  );
}

function axisLabels(label: PositionLabel, place: number): string {
  const text = escapeHtml(cut(shortLabel(label)));
  const middle = ROOM + (place + 0.5) * CELL;
  const hover = `<title>${escapeHtml(longLabel(label))}</title>`;
  return (
    `<text x="${ROOM - 5}" y="${middle + 3.5}" text-anchor="end">${text}${hover}</text>` +
    `<text transform="translate(${middle + 3.5} ${ROOM - 5}) rotate(-90)">${text}${hover}</text>`
  );
}

function cellsOf({ labels, weight }: Pattern, head: number): string {
  const cells: string[] = [];
  for (const [query, reader] of labels.entries())
    for (let key = 0; key <= query; key++) {
      const share = weight(head, query, key);
      const place = `x="${ROOM + key * CELL}" y="${ROOM + query * CELL}" width="${CELL}" height="${CELL}"`;
      const looked = labels[key];
      if (share < LEAST || looked === undefined) cells.push(`<rect ${place} fill-opacity="0"/>`);
      else {
        const hover = escapeHtml(`${longLabel(reader)} → ${longLabel(looked)}: ${share.toFixed(3)}`);
        cells.push(`<rect ${place} fill-opacity="${Math.sqrt(share).toFixed(2)}"><title>${hover}</title></rect>`);
      }
    }
  return cells.join("");
}

/** What each reader looks at most. */
function strongestKeys({ labels, weight }: Pattern, head: number): ShownTable {
  const rows = labels.map((reader, query) => {
    const keys = labels
      .slice(0, query + 1)
      .map((label, key) => ({ label, share: weight(head, query, key) }))
      .sort((a, b) => b.share - a.share)
      .slice(0, NAMED);
    return [longLabel(reader), keys.map(({ label, share }) => `${longLabel(label)} ${share.toFixed(2)}`).join(" · ")];
  });
  return { caption: "", header: ["position", "looks most at"], rows };
}

function cut(text: string): string {
  const line = oneLine(text);
  return [...line].length <= LONGEST ? line : `${[...line].slice(0, LONGEST - 1).join("")}…`;
}

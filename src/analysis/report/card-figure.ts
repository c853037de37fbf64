/** The small figure of a card: a dot with its interval a row, the control as a hollow one, the control model as a square below. Colours are the page's. */

import type { HeadlineRow } from "../../exhibits/headline.js";
import { endsOf, type KnownEstimate, signed } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { escapeHtml } from "./html.js";

const WIDTH = 300;
/** Where labels end that stand beside their marks. */
const LABEL = 118;
/** Of a letter, in the widest of the fonts that a page may be given. */
const LETTER = 6.4;
/** A label's own line, where one of them has no room beside its marks. */
const LINE = 13;
const RIGHT = 12;
const ROW = 19;
const AXIS = 18;
const OFFSET = 4;
const APART_OF_THREE = 6;

/** @returns an inline drawing; empty where no row has a number. */
export function cardFigure(rows: readonly HeadlineRow[], unit: string): string {
  const known = rows.filter(({ own }) => own.kind === "value");
  const ends = known.flatMap(({ own, control, matched = null }) =>
    [own, control, matched].flatMap((each) => (each === null ? [] : extent(each))),
  );
  if (ends.length === 0) return "";
  const [low, high] = [Math.min(0, ...ends), Math.max(...ends)];
  const span = high > low ? high - low : 1;
  const isBeside = known.every(({ label }) => label.length * LETTER <= LABEL - 8);
  const [left, line] = isBeside ? [LABEL, 0] : [RIGHT, LINE];
  const x = (value: number): number => left + ((value - low) / span) * (WIDTH - left - RIGHT);
  const plot = known.length * (line + ROW);
  const height = plot + AXIS;
  const marks = known
    .map((row, place) => {
      const top = place * (line + ROW);
      const name = isBeside
        ? text(row.label, { x: LABEL - 8, y: top + ROW / 2 + 3.5, anchor: "end" })
        : text(shortened(row.label), { x: 2, y: top + LINE - 1, anchor: "start" });
      return name + rowMarks(row, top + line + ROW / 2, x);
    })
    .join("");
  const zero = `<path class="zero" d="M${round(x(0))} 0V${plot}"/>`;
  const names = (high > low ? [low, high] : [low])
    .map((value, i) => text(signed(value), { x: x(value), y: height - 5, anchor: i === 0 ? "start" : "end" }))
    .join("");
  return `<svg class="small" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(spoken(known, unit))}">${zero}${marks}${names}</svg>`;
}

/** Both ends of a label that is longer than the drawing: conditions differ at either. */
function shortened(label: string): string {
  const most = Math.floor((WIDTH - 4) / LETTER);
  if (label.length <= most) return label;
  const end = Math.floor((most - 1) / 2);
  return `${label.slice(0, most - 1 - end)}…${label.slice(-end)}`;
}

function rowMarks({ own, control, matched = null }: HeadlineRow, y: number, x: (value: number) => number): string {
  const all = [
    { estimate: own, kind: "own" },
    { estimate: control, kind: "control" },
    { estimate: matched, kind: "matched" },
  ] as const;
  const drawn = all.flatMap(({ estimate, kind }) => (estimate?.kind === "value" ? [{ estimate, kind }] : []));
  const apart = drawn.length > 2 ? APART_OF_THREE : 2 * OFFSET;
  const first = y - ((drawn.length - 1) * apart) / 2;
  return drawn.map(({ estimate, kind }, place) => mark(estimate, { y: first + place * apart, kind, x })).join("");
}

interface MarkPlace {
  readonly y: number;
  readonly kind: "own" | "control" | "matched";
  readonly x: (value: number) => number;
}

function mark(estimate: KnownEstimate, { y, kind, x }: MarkPlace): string {
  const ends = endsOf(estimate);
  const line = ends === null ? "" : `<path class="${kind}" d="M${round(x(ends[0]))} ${y}H${round(x(ends[1]))}"/>`;
  const at = x(estimate.value);
  if (kind === "matched")
    return `${line}<rect class="${kind}" x="${round(at - 2.6)}" y="${round(y - 2.6)}" width="5.2" height="5.2"/>`;
  return `${line}<circle class="${kind}" cx="${round(at)}" cy="${y}" r="3.2"/>`;
}

function extent(estimate: Estimate): number[] {
  if (estimate.kind === "undefined") return [];
  return [estimate.value, ...(endsOf(estimate) ?? [])];
}

function text(
  content: string,
  { x, y, anchor }: { readonly x: number; readonly y: number; readonly anchor: string },
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function spoken(rows: readonly HeadlineRow[], unit: string): string {
  const said = rows.map(({ label, own, control, matched }) => {
    const model = matched?.kind === "value" ? `, control model ${signed(matched.value)}` : "";
    const beside = `${control?.kind === "value" ? `, control ${signed(control.value)}` : ""}${model}`;
    return `${label} ${own.kind === "value" ? signed(own.value) : "not defined"}${beside}`;
  });
  return `${unit}: ${said.join("; ")}`;
}

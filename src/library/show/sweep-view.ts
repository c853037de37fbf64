/** A sweep in a notebook: what it says in words, its figure, and its first cells with their intervals. */

import { escapeHtml } from "../../analysis/report/html.js";
import { counted, show } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { Drawing } from "../drawing.js";
import { framed, paragraph, tableOf } from "./fragment.js";
import { JUPYTER_DISPLAY, type MediaBundle, Shown } from "./shown.js";

/** A sweep, as far as it is shown. */
export interface SweepParts {
  /** In words, as a terminal prints it. */
  readonly text: string;
  readonly axes: readonly string[];
  readonly measures: readonly string[];
  readonly cells: readonly {
    readonly cell: Readonly<Record<string, unknown>>;
    readonly interval: (measure: string) => Estimate;
  }[];
  /** Null where nothing can be drawn. */
  readonly drawing: Drawing | null;
}

const MOST_CELLS = 24;

/** @returns what a notebook is given. */
export async function sweepBundle({ text, axes, measures, cells, drawing }: SweepParts): Promise<MediaBundle> {
  const [head = ""] = text.split("\n");
  const table = tableOf({
    caption: "",
    header: [...axes, ...measures],
    rows: cells
      .slice(0, MOST_CELLS)
      .map(({ cell, interval }) => [
        ...axes.map((axis) => String(cell[axis])),
        ...measures.map((measure) => show(interval(measure))),
      ]),
  });
  const more = cells.length - MOST_CELLS;
  const rest = more > 0 ? paragraph(`and ${counted(more, "more cell")}: result.cells()`, "soft") : "";
  const figure = drawing === null ? "" : await drawing.toHTML();
  const folded = `<details><summary>${escapeHtml(`${counted(cells.length, "cell")} with 95 % intervals`)}</summary>${table}${rest}</details>`;
  return new Shown({ html: framed(paragraph(head) + figure + folded), text })[JUPYTER_DISPLAY]();
}

/** A figure in all its forms. */

import { join } from "node:path";
import type { Cells } from "../../exhibits/cells.js";
import type { FigureSpec } from "../../exhibits/figure.js";
import { figureData } from "../../exhibits/figure-data.js";
import { csv, putOutput } from "../write.js";
import type { RenderedFigure } from "./render.js";

/** A figure that was drawn, and what it draws, by its files' name without ending. */
export interface DrawnFigure {
  readonly name: string;
  readonly spec: FigureSpec;
  /** By default what the specification draws. */
  readonly data?: Cells;
  readonly drawn: RenderedFigure;
}

/** Writes SVG, PNG, PDF and the data as CSV into `figures`. @returns the SVG. */
export function putFigure(dir: string, { name, spec, data = figureData(spec), drawn }: DrawnFigure): string {
  const { svg, png, pdf } = drawn;
  const path = join(dir, "figures", name);
  for (const [end, content] of Object.entries({ svg, png, pdf, csv: csv(data.header, data.rows) }))
    putOutput(`${path}.${end}`, content);
  return svg;
}

/** A figure in all its forms. */

import { join } from "node:path";
import type { Cells } from "../../exhibits/cells.js";
import type { FigureSpec } from "../../exhibits/figure.js";
import { figureData } from "../../exhibits/figure-data.js";
import { csv, putOutput } from "../write.js";
import { renderFigure } from "./render.js";

/** A figure and what it draws, by its files' name without ending. */
export interface NamedFigure {
  readonly name: string;
  readonly spec: FigureSpec;
  /** By default what the specification draws. */
  readonly data?: Cells;
}

/** Writes SVG, PNG, PDF and the data as CSV into `figures`. @returns the SVG. */
export async function putFigure(dir: string, { name, spec, data = figureData(spec) }: NamedFigure): Promise<string> {
  const { svg, png, pdf } = await renderFigure(spec);
  const path = join(dir, "figures", name);
  for (const [end, content] of Object.entries({ svg, png, pdf, csv: csv(data.header, data.rows) }))
    putOutput(`${path}.${end}`, content);
  return svg;
}

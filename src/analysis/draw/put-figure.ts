/** A figure in all its forms. */

import { join } from "node:path";
import type { FigureSpec } from "../../exhibits/figure.js";
import { figureData } from "../../exhibits/figure-data.js";
import { csv, putOutput } from "../write.js";
import { renderFigure } from "./render.js";

/** Writes SVG, PNG, PDF and the data as CSV into `figures`. @returns the SVG. */
export async function putFigure(dir: string, name: string, spec: FigureSpec): Promise<string> {
  const { svg, png, pdf } = await renderFigure(spec);
  const path = join(dir, "figures", name);
  const { header, rows } = figureData(spec);
  for (const [end, content] of Object.entries({ svg, png, pdf, csv: csv(header, rows) }))
    putOutput(`${path}.${end}`, content);
  return svg;
}

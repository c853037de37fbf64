/** A figure in all its forms. */

import { join } from "node:path";
import type { FigureSpec } from "../../exhibits/figure.js";
import { putOutput } from "../write.js";
import { figureCsv } from "./figure-data.js";
import { renderFigure } from "./render.js";

/** Writes SVG, PNG, PDF and the data as CSV into `figures`. @returns the SVG. */
export async function putFigure(dir: string, name: string, spec: FigureSpec): Promise<string> {
  const { svg, png, pdf } = await renderFigure(spec);
  const path = join(dir, "figures", name);
  for (const [end, content] of Object.entries({ svg, png, pdf, csv: figureCsv(spec) }))
    putOutput(`${path}.${end}`, content);
  return svg;
}

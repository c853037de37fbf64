/** A figure in all its forms. */

import { join } from "node:path";
import type { Cells } from "../../exhibits/cells.js";
import type { FigureSpec } from "../../exhibits/figure.js";
import { figureData } from "../../exhibits/figure-data.js";
import type { Graph } from "../../exhibits/graph.js";
import { csv, putOutput } from "../write.js";
import type { RenderedFigure } from "./render.js";

/** A figure that was drawn, and what it draws, by its files' name without ending. */
export interface DrawnFigure {
  readonly name: string;
  readonly spec: FigureSpec;
  /** By default what the specification draws. */
  readonly data?: Cells;
  /** All of it, where the drawing shows a part. */
  readonly graph?: Graph;
  readonly drawn: RenderedFigure;
}

/** Writes SVG, PNG, PDF and the data as CSV into `figures`, and a graph as JSON. @returns the SVG. */
export function putFigure(dir: string, { name, spec, data = figureData(spec), graph, drawn }: DrawnFigure): string {
  const { svg, png, pdf } = drawn;
  const path = join(dir, "figures", name);
  for (const [end, content] of Object.entries({ svg, png, pdf, csv: csv(data.header, data.rows) }))
    putOutput(`${path}.${end}`, content);
  if (graph !== undefined) putOutput(`${path}.json`, `${JSON.stringify(graph)}\n`);
  return svg;
}

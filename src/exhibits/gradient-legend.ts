/** Legends of colour gradients: no taller than their map, and every label at its own colour. */

import type { FigureSpec } from "./figure.js";

// Vega moves the first and the last label inwards, where they name another colour than their own.
const UPRIGHT = { labels: { baseline: { value: "middle" } } };
const FLAT = { labels: { align: { value: "center" } } };

const THICKNESS = 9;
const LONGEST = 90;
/** A shorter gradient has no room for its labels. */
const SHORTEST = 36;
const TITLE_LINE = 11;

/** A legend beside a map of some height, below it where there is too little room. @param titleLines of the legend's title. */
export function gradientLegend(mapHeight: number, titleLines: number, own: FigureSpec): FigureSpec {
  const length = Math.min(LONGEST, mapHeight - titleLines * TITLE_LINE);
  return length < SHORTEST ? flatLegend(LONGEST, own) : uprightLegend(length, own);
}

function uprightLegend(length: number, own: FigureSpec): FigureSpec {
  return { gradientLength: length, gradientThickness: THICKNESS, encoding: UPRIGHT, ...own };
}

/** A legend below its map. */
export function flatLegend(length: number, own: FigureSpec): FigureSpec {
  return {
    orient: "bottom",
    direction: "horizontal",
    gradientLength: length,
    gradientThickness: THICKNESS,
    encoding: FLAT,
    ...own,
  };
}

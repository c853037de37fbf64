/** What maps of many small cells have in common. */

import type { FigureSpec } from "./figure.js";
import { gradientLegend } from "./gradient-legend.js";

/** Axis of a map without lines, its names as small as its cells. */
export const SMALL_AXIS = { domain: false, ticks: false, labelAngle: 0, labelFontSize: 7 } as const;

/** A cell; one without a value is drawn too. */
export const SMALL_CELL = { type: "rect", stroke: "white", strokeWidth: 0.8, invalid: null } as const;

/** Height of a row. */
export const SMALL_ROW = 12;

/** Title of one panel among several. */
export function smallTitle(text: string): FigureSpec {
  return { text, fontSize: 8.5, fontWeight: "normal", anchor: "start", offset: 4 };
}

/** Title, size of the cells and data of one map among several. */
export function smallMap(title: string, columnWidth: number, values: readonly object[]): FigureSpec {
  return {
    title: smallTitle(title),
    width: { step: columnWidth },
    height: { step: SMALL_ROW },
    data: { values },
  };
}

/** What a value's colour means: below 0 orange, above it blue, no value grey; values beyond the ends are drawn as the ends. */
export interface SignedScale {
  readonly title: string;
  /** The value of each colour: darkest orange, white, middle and darkest blue. */
  readonly domain: readonly [low: number, zero: 0, middle: number, high: number];
  /** Values that the legend names. */
  readonly named: readonly number[];
}

/** Encoding of the field `value` as a colour with its legend. @param rows of the map beside which the legend stands. */
export function signedColour({ title, domain, named }: SignedScale, rows: number): FigureSpec {
  return {
    condition: { test: "datum.value === null", value: "#f0f0f0" },
    field: "value",
    type: "quantitative",
    title: [title],
    scale: { range: ["#b35806", "#f7f7f7", "#5ba3cf", "#08457e"], domain, clamp: true },
    legend: gradientLegend(rows * SMALL_ROW, 1, { format: ".1f", values: named }),
  };
}

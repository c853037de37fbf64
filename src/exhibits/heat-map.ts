/** Maps of two factors with a rate, its text and its interval in each cell. */

import { COLOURS, type FigureSpec } from "./figure.js";
import { gradientLegend } from "./gradient-legend.js";

/** One cell. */
export interface HeatCell {
  readonly x: number | string | undefined;
  readonly y: number | string | undefined;
  /** 0 to 1; null is drawn grey. */
  readonly rate: number | null;
  readonly text: string | readonly string[];
  readonly interval: string;
  /** The whole cell in words: what a screen reader says and the report shows on hover. */
  readonly spoken: string;
}

/** What a map is made of. */
export interface HeatMap {
  readonly values: readonly HeatCell[];
  /** In the order drawn. */
  readonly columns: readonly unknown[];
  readonly rows: readonly unknown[];
  readonly xTitle: string;
  /** Empty for none. */
  readonly yTitle: string;
  readonly legend: readonly string[];
  readonly width: number | { readonly step: number };
  readonly rowHeight: number;
  /** Long names of columns in two lines. */
  readonly wrapped?: boolean;
  /** The rate of the darkest colour; default: the largest of `values`. */
  readonly top?: number;
  /** Of the lowest map that shares its legend; default: its own. */
  readonly legendRows?: number;
  /** Many columns: the text alone, without a second line for the interval. */
  readonly narrow?: boolean;
}

// The last word of a long name stands below.
const BLANK = "lastindexof(datum.label, ' ')";
const LINES = `length(datum.label) > 10 && ${BLANK} > 0 ? [slice(datum.label, 0, ${BLANK}), slice(datum.label, ${BLANK} + 1)] : datum.label`;

/** What the legend names: both ends and the middle. */
function steps(top: number): number[] {
  return [0, top / 2, top];
}

/**
 * @returns cells coloured by rate, the text in white where the cell is dark.
 *
 * @example
 * ```ts
 * const cell = { x: 0, y: 8, rate: 0.25, text: "0.25", interval: "", spoken: "layer 8, latent 0: 0.25" };
 * const map = heatMap({ values: [cell], columns: [0], rows: [8], xTitle: "latent", yTitle: "layer", legend: ["broken"], width: 60, rowHeight: 24 });
 * (await renderFigure(map)).svg.includes("layer 8, latent 0: 0.25"); // → true
 * ```
 */
export function heatMap(map: HeatMap): FigureSpec {
  const { values, columns, rows, xTitle, yTitle, legend, width, rowHeight, narrow = false } = map;
  const top = Math.max(0.1, map.top ?? Math.max(...values.map(({ rate }) => rate ?? 0)));
  const axis = { domain: false, ticks: false, labelAngle: 0, labelLimit: 220 };
  const encoding = {
    x: {
      field: "x",
      type: "ordinal",
      title: xTitle,
      sort: columns,
      axis: map.wrapped === true ? { ...axis, labelExpr: LINES } : axis,
    },
    y: { field: "y", type: "ordinal", title: yTitle === "" ? null : yTitle, sort: rows, axis },
  };
  const ink = { condition: { test: `datum.rate > ${top * 0.62}`, value: "white" }, value: COLOURS.ink };
  return {
    width,
    height: { step: rowHeight },
    data: { values },
    layer: [
      {
        mark: { type: "rect", stroke: "white", strokeWidth: 1.5, invalid: null },
        encoding: {
          ...encoding,
          description: { field: "spoken" },
          color: {
            condition: { test: "datum.rate === null", value: "#f0f0f0" },
            field: "rate",
            type: "quantitative",
            title: legend,
            scale: { range: ["#f1f6fa", "#5ba3cf", "#08457e"], domain: [0, top / 2, top] },
            legend: values.every(({ rate }) => rate === null)
              ? null
              : gradientLegend((map.legendRows ?? rows.length) * rowHeight, legend.length, {
                  format: ".2f",
                  values: steps(top),
                }),
          },
        },
      },
      {
        mark: { type: "text", aria: false, fontSize: 7.5, lineHeight: 9, dy: narrow ? 0 : -4 },
        encoding: { ...encoding, text: { field: "text" }, color: ink },
      },
      ...(narrow
        ? []
        : [
            {
              mark: { type: "text", aria: false, fontSize: rowHeight > 30 ? 7 : 6.5, dy: 6 },
              encoding: { ...encoding, text: { field: "interval" }, color: ink },
            },
          ]),
    ],
  };
}

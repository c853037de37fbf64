/** Maps of two factors with a rate, its text and its interval in each cell. */

import { COLOURS, type FigureSpec } from "./figure.js";
import { gradientLegend } from "./gradient-legend.js";

/** One cell. */
export interface HeatCell {
  readonly x: number | string | undefined;
  readonly y: number | string | undefined;
  /** What the colour says; null is drawn grey. */
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
  /** Colours of numbers that are no rates; default: from 0 to `top`. */
  readonly scale?: HeatScale;
  /** Of the lowest map that shares its legend; default: its own. */
  readonly legendRows?: number;
  /** Many columns: the text alone, without a second line for the interval. */
  readonly narrow?: boolean;
}

/** From numbers to colours. */
export interface HeatScale {
  /** Both ends and the middle, ascending: what the legend names. */
  readonly domain: readonly [number, number, number];
  readonly range: readonly [string, string, string];
  /** Which cells are so dark that their text is white, as an expression of `datum.rate`. */
  readonly dark: string;
  /** How the legend writes its numbers. */
  readonly format: string;
}

const [LIGHT, MIDDLE, DARK] = ["#f1f6fa", "#5ba3cf", "#08457e"] as const;
const OTHER_DARK = "#8c3a00";
// A share of the whole range from which on black text is hard to read.
const DARK_FROM = 0.62;
const LEAST_SIGN = 0.02;

/** The colours that fit some numbers: one hue from 0 up or down, two where both signs are there. */
export function heatScale(values: readonly number[]): HeatScale {
  const most = Math.max(0, ...values.map(Math.abs)) || 1;
  const [least, greatest] = [Math.min(0, ...values), Math.max(0, ...values)];
  const format = most < 0.1 ? ".1e" : most < 10 ? ".2f" : ".0f";
  // A sign that only rounding gives needs no colour of its own.
  if (Math.min(-least, greatest) > LEAST_SIGN * most)
    return {
      domain: [-most, 0, most],
      range: [OTHER_DARK, "#f7f7f7", DARK],
      dark: `abs(datum.rate) > ${most * DARK_FROM}`,
      format,
    };
  if (-least > greatest)
    return {
      domain: [least, least / 2, 0],
      range: [DARK, MIDDLE, LIGHT],
      dark: `datum.rate < ${least * DARK_FROM}`,
      format,
    };
  return {
    domain: [0, most / 2, most],
    range: [LIGHT, MIDDLE, DARK],
    dark: `datum.rate > ${most * DARK_FROM}`,
    format,
  };
}

/** The colours of rates: from 0 to the largest, and at least to 0.1. */
function rateScale(largest: number): HeatScale {
  const top = Math.max(0.1, largest);
  return {
    domain: [0, top / 2, top],
    range: [LIGHT, MIDDLE, DARK],
    dark: `datum.rate > ${top * DARK_FROM}`,
    format: ".2f",
  };
}

// The last word of a long name stands below.
const BLANK = "lastindexof(datum.label, ' ')";
const LINES = `length(datum.label) > 10 && ${BLANK} > 0 ? [slice(datum.label, 0, ${BLANK}), slice(datum.label, ${BLANK} + 1)] : datum.label`;

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
  const scale = map.scale ?? rateScale(map.top ?? Math.max(...values.map(({ rate }) => rate ?? 0)));
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
  const ink = { condition: { test: scale.dark, value: "white" }, value: COLOURS.ink };
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
            scale: { range: scale.range, domain: scale.domain },
            legend: values.every(({ rate }) => rate === null)
              ? null
              : gradientLegend((map.legendRows ?? rows.length) * rowHeight, legend.length, {
                  format: scale.format,
                  values: scale.domain,
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

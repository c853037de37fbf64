/** What the figures share: colours, fonts, how estimates and layers are drawn. */

import type { Estimate } from "../summary-types.js";

/** A vega-lite specification; checked by vega-lite when it is compiled. */
export type FigureSpec = Readonly<Record<string, unknown>>;

/** Private family name of the embedded fonts. */
export const FONT = "CodiLens Sans";

/** Okabe and Ito's colours, told apart with any colour vision. */
export const COLOURS = {
  blue: "#0072B2",
  orange: "#D55E00",
  green: "#009E73",
  grey: "#5b5b5b",
  light: "#d9d9d9",
} as const;

/** Sizes, fonts and colours of every figure. */
export const CONFIG = {
  font: FONT,
  background: "white",
  view: { stroke: null },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: "normal",
    gridColor: "#ececec",
    domainColor: "#888",
    tickColor: "#888",
    labelColor: "#333",
    titleColor: "#111",
  },
  title: { fontSize: 14, subtitleFontSize: 11, subtitleColor: "#444", anchor: "start", offset: 12, subtitlePadding: 5 },
  header: { labelFontSize: 12, titleFontSize: 12, labelColor: "#111" },
  legend: { labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal" },
} as const;

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

/** A specification with the common parts filled in. */
export function figure(title: string, subtitle: readonly string[], body: FigureSpec): FigureSpec {
  return { $schema: SCHEMA, config: CONFIG, title: { text: title, subtitle }, padding: 16, ...body };
}

/** An estimate as a row to draw; undefined ones keep their reason. */
export interface DrawnEstimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly label: string;
}

/** `0.21 [0.12, 0.33]`, or `not defined (reason)`. */
export function drawn(estimate: Estimate): DrawnEstimate {
  if (estimate.kind === "undefined")
    return { value: null, low: null, high: null, label: `not defined (${estimate.reason})` };
  const { value, low, high } = estimate;
  const interval = low === null || high === null ? "" : ` [${signed(low)}, ${signed(high)}]`;
  return { value, low, high, label: `${signed(value)}${interval}` };
}

/** Two decimals with a real minus sign. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

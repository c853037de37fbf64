/** What the figures share: print size, colours, fonts, notices, how estimates and layers are drawn. */

import { knownProtocol } from "../model/latent/protocols/index.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";

/** A vega-lite specification; checked by vega-lite when it is compiled. */
export type FigureSpec = Readonly<Record<string, unknown>>;

/** Private family name of the embedded fonts. */
export const FONT = "CodiLens Sans";

/** Okabe and Ito's colours, distinct under any colour vision. */
export const COLOURS = {
  blue: "#0072B2",
  orange: "#D55E00",
  green: "#009E73",
  ink: "#111",
  grey: "#5b5b5b",
  light: "#d9d9d9",
} as const;

/** Panels stand in rows of three, so that many layers still fit a page of 7 to 7.5 inches; the unit is 1/72 inch. */
export const PANELS = { columns: 3, width: 124, height: 150, spacing: 20 } as const;

/** Characters in a line above a figure: longer ones would make it wider than a page. */
const LONGEST_LINE = 120;

/** Sizes, fonts and colours of every figure, for print at the size drawn. */
export const CONFIG = {
  font: FONT,
  background: "white",
  view: { stroke: null },
  concat: { spacing: PANELS.spacing },
  axis: {
    labelFontSize: 8,
    titleFontSize: 8.5,
    titleFontWeight: "normal",
    titlePadding: 5,
    gridColor: "#ececec",
    domainColor: "#888",
    tickColor: "#888",
    tickSize: 4,
    labelColor: "#333",
    titleColor: COLOURS.ink,
  },
  text: { font: FONT, fontSize: 8, color: COLOURS.ink },
  title: {
    fontSize: 11,
    color: COLOURS.ink,
    subtitleFontSize: 8,
    subtitleColor: "#444",
    subtitleLineHeight: 10.5,
    anchor: "start",
    offset: 10,
    subtitlePadding: 4,
  },
  legend: { labelFontSize: 8, titleFontSize: 8, titleFontWeight: "normal" },
} as const;

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

/** What every figure has to say of its run, where there is something. */
export interface FigureRun {
  readonly protocol: AnyProtocol;
  readonly testMode: boolean;
}

/** What stands above a drawing. */
export interface FigureHead {
  readonly title: string;
  readonly subtitle: readonly string[];
  readonly run: FigureRun;
}

/**
 * A specification with the common parts, and with what every figure of a flawed or a test run has to say.
 *
 * @example
 * ```ts
 * const head = { title: "Three", subtitle: ["n = 1"], run: { protocol: "codi", testMode: false } } as const;
 * const spec = figure(head, { mark: "bar", data: { values: [{ n: 3 }] } });
 * Object.keys(spec).includes("config"); // → true
 * ```
 */
export function figure({ title, subtitle, run }: FigureHead, body: FigureSpec): FigureSpec {
  const warning = knownProtocol(run.protocol)?.warning ?? null;
  const notices = [
    ...(warning === null ? [] : [warning.figure]),
    ...(run.testMode ? ["TEST MODE: a small sample, not for reporting"] : []),
  ];
  return {
    $schema: SCHEMA,
    config: CONFIG,
    title: { text: title, subtitle: [...subtitle.flatMap((line) => wrapped(line, LONGEST_LINE)), ...notices] },
    padding: 10,
    ...body,
  };
}

/** Panels of several layers in rows of three; a sentence where no layer was read. */
export function panelRows(panels: readonly FigureSpec[]): FigureSpec {
  if (panels.length === 0) return sentencePanel("not defined (no layer was read)", { width: 420, height: 60 });
  return { concat: panels, columns: PANELS.columns };
}

/** An empty panel that says why; a reason in brackets stands on lines of its own. */
export function sentencePanel(
  text: string,
  { width, height }: { readonly width: number; readonly height: number } = PANELS,
): FigureSpec {
  const lines = text.split(/ (?=\()/).flatMap((part) => wrapped(part, Math.floor(width / 4.8)));
  return {
    width,
    height,
    data: { values: [{}] },
    mark: { type: "text", color: COLOURS.grey },
    encoding: { text: { value: lines } },
  };
}

/** Layers that draw one field of some values; none where no value has it, since a field without any number has no extent. */
export function whereKnown<T>(
  values: readonly T[],
  field: keyof T,
  layers: readonly FigureSpec[],
): readonly FigureSpec[] {
  return values.some((each) => each[field] !== null) ? layers : [];
}

/** Lines of at most `width` characters, broken at blanks. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The figure of the study `subspace`: moved answers by the number of directions, beside the controls and the whole state. */

import { COLOURS, type FigureSpec, figure } from "../../exhibits/figure.js";
import { drawn } from "../../exhibits/number-text.js";
import type { ShownRun } from "../finding.js";
import { type Exchange, type SubspaceSummary, WAYS } from "./summary.js";
import { directions, WAY_NAMES } from "./words.js";

const WHOLE = "whole state";
const LOOK = {
  trained: { color: COLOURS.blue, offset: -6 },
  principal: { color: COLOURS.orange, offset: -2 },
  random: { color: COLOURS.grey, offset: 2 },
  other: { color: COLOURS.green, offset: 6 },
} as const;

/** A line a kind of directions, with intervals; the whole state at the right end. */
export function subspaceFigure(
  summary: SubspaceSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const { ranks, whole, pairs } = summary;
  const values = [
    ...WAYS.flatMap((way) =>
      ranks.map((each) => ({
        line: WAY_NAMES[way],
        x: String(each.rank),
        ...point(each[way], `${WAY_NAMES[way]}, ${directions(each.rank)}`),
      })),
    ),
    ...(whole === null ? [] : [{ line: WHOLE, x: "all", ...point(whole, WHOLE) }]),
  ];
  const lines = [...WAYS.map((way) => WAY_NAMES[way]), WHOLE];
  const offsetOf = (line: string): number => {
    const way = WAYS.find((each) => WAY_NAMES[each] === line);
    return way === undefined ? 0 : LOOK[way].offset;
  };
  const color = {
    field: "line",
    type: "nominal",
    title: null,
    scale: { domain: lines, range: [...WAYS.map((way) => LOOK[way].color), COLOURS.ink] },
    legend: { orient: "bottom", direction: "vertical", labelLimit: 400 },
  };
  const x = {
    field: "x",
    type: "ordinal",
    title: "directions that are exchanged",
    sort: [...ranks.map(({ rank }) => String(rank)), "all"],
    axis: { labelAngle: 0 },
  };
  const y = {
    field: "value",
    type: "quantitative",
    title: "share of answers that become the other run's",
    scale: { domain: [0, topOf(values)], nice: true },
  };
  const subtitle = [
    "one run's component at BOT and all latents written into another's; the two questions differ in one number",
    `held-out pairs, n = ${pairs}; rules: 95 % Wilson intervals`,
  ];
  return figure(
    { title: question, subtitle, run },
    {
      width: 440,
      height: 200,
      data: { values },
      layer: lines.flatMap((line) => {
        const xOffset = offsetOf(line);
        const mine = { filter: `datum.line === "${line}" && datum.value !== null` };
        return [
          { transform: [mine], mark: { type: "line", aria: false, xOffset }, encoding: { x, y, color } },
          {
            transform: [mine, { filter: "datum.low !== null" }],
            mark: { type: "rule", aria: false, strokeWidth: 1.2, xOffset, x2Offset: xOffset },
            encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
          },
          {
            transform: [mine],
            mark: { type: "point", filled: true, size: 40, opacity: 1, xOffset },
            encoding: { x, y, color, description: { field: "spoken" } },
          },
        ];
      }),
    },
  );
}

function topOf(values: readonly { readonly value: number | null; readonly high: number | null }[]): number {
  return Math.min(1, Math.max(0.1, ...values.map(({ value, high }) => high ?? value ?? 0)));
}

function point({ moved }: Exchange, what: string) {
  const { value, low, high, label } = drawn(moved.rate);
  return { value, low, high, spoken: `${what}: ${moved.count} of ${moved.n} answers moved, ${label}` };
}

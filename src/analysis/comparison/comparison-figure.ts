/** The difference of two runs, condition by condition, with intervals. */

import { COLOURS, type FigureSpec, figure, whereKnown } from "../../exhibits/figure.js";
import { drawn, signed, span } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { visibleText } from "../report/html.js";
import type { ComparedCondition, RunComparison } from "./run-comparison.js";

// More rows are not legible on a page; the table has all.
const MOST_ROWS = 40;

/** @returns two panels side by side: shares of right answers, and log-probabilities. */
export function comparisonFigure(comparison: RunComparison): FigureSpec {
  const { first, second, shared } = comparison;
  const planned = comparison.conditions.filter(({ role }) => role === "planned");
  const others = comparison.conditions.filter(({ role }) => role !== "planned");
  const conditions = [...planned, ...(planned.length + others.length <= MOST_ROWS ? others : [])];
  const isCut = conditions.length < comparison.conditions.length;
  const subtitle = [
    visibleText(`first: ${first} (${comparison.described[0]})`),
    visibleText(`second: ${second} (${comparison.described[1]})`),
    `n = ${shared} problems in both; right of 0: more in the first; filled: Holm-adjusted p < 0.05`,
    "lines: 95 %, Newcombe's paired interval (left), bootstrap over problems (right)",
    ...(conditions.some(({ role }) => role === "control") ? ["grey: controls, not tested"] : []),
    ...(isCut ? ["the other studies' conditions are in the table"] : []),
  ];
  const share = panel(conditions, { title: "share right, first − second", first: true }, (each) => [
    each.difference,
    each.mcnemarHolm,
  ]);
  const logProb = panel(conditions, { title: "log-probability, nats, first − second", first: false }, (each) => [
    each.logProb,
    each.signFlipHolm,
  ]);
  return figure(
    { title: "Do the two runs differ?", subtitle, run: comparison },
    { hconcat: [share, logProb], spacing: 18 },
  );
}

function panel(
  conditions: readonly ComparedCondition[],
  { title, first }: { readonly title: string; readonly first: boolean },
  pick: (each: ComparedCondition) => readonly [Estimate, ComparedCondition["mcnemarHolm"]],
): FigureSpec {
  const values = conditions.map((each) => {
    const [estimate, p] = pick(each);
    const { value, low, high, label } = drawn(estimate);
    const condition = visibleText(each.condition);
    return {
      condition,
      value,
      low,
      high,
      clear: p.kind === "value" && p.p < 0.05,
      control: each.role === "control",
      label: said(value, low, high),
      spoken: `${condition}, ${title}: ${label}, n = ${each.n}`,
    };
  });
  const axis = { domain: false, ticks: false, labelLimit: 330, ...(first ? {} : { labels: false }) };
  const y = { field: "condition", type: "ordinal", title: null, sort: values.map(({ condition }) => condition), axis };
  const x = { field: "value", type: "quantitative", title, axis: { tickCount: 5 } };
  const color = { condition: { test: "datum.control", value: COLOURS.grey }, value: COLOURS.blue };
  return {
    width: 190,
    height: { step: 24 },
    data: { values },
    layer: [
      {
        mark: { type: "rule", aria: false, color: COLOURS.light, strokeWidth: 1.2 },
        encoding: { x: { datum: 0, type: "quantitative" } },
      },
      ...whereKnown(values, "low", [
        {
          transform: [{ filter: "datum.low !== null" }],
          mark: { type: "rule", aria: false, strokeWidth: 1.4 },
          encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" }, color },
        },
      ]),
      ...whereKnown(values, "value", [
        {
          transform: [{ filter: "datum.value !== null" }],
          mark: { type: "point", size: 36, strokeWidth: 1.2, opacity: 1, filled: true },
          encoding: {
            y,
            x,
            stroke: color,
            fill: { condition: { test: "datum.clear", value: COLOURS.blue }, value: "white" },
            description: { field: "spoken" },
          },
        },
      ]),
      {
        transform: [{ calculate: "datum.value === null ? 0 : datum.value", as: "at" }],
        mark: { type: "text", aria: false, fontSize: 6.5, dy: -8, color: COLOURS.grey },
        encoding: { y, x: { ...x, field: "at" }, text: { field: "label" } },
      },
    ],
  };
}

function said(value: number | null, low: number | null, high: number | null): string {
  if (value === null) return "not defined";
  return low === null || high === null ? signed(value) : `${signed(value)} ${span(low, high)}`;
}

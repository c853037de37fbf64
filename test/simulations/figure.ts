/** How often each p falls below a level where there is nothing to find: a valid test lies on the diagonal. */

import { COLOURS, CONFIG, type FigureSpec } from "../../src/exhibits/figure.js";

const LINES = [
  { test: "pooled r, p from t over rows", label: "pooled r, p from t over rows", colour: COLOURS.orange },
  {
    test: "within position, whole problems exchanged",
    label: "within position, whole problems exchanged",
    colour: COLOURS.blue,
  },
  { test: "conditional logit, score", label: "conditional logit, score", colour: COLOURS.green },
] as const;

/** @param ps p-values of simulated data sets a test. @param sets how many there were. */
export function nullFigure(ps: Readonly<Record<string, readonly number[]>>, sets: number): FigureSpec {
  const levels = Array.from({ length: 101 }, (_, i) => i / 100);
  const values = LINES.flatMap(({ test, label }) => {
    const all = ps[test] ?? [];
    return levels.map((level) => ({
      label,
      level,
      share: all.filter((p) => p <= level).length / Math.max(1, all.length),
    }));
  });
  const pooled = ps[LINES[0].test] ?? [];
  const rejected = pooled.filter((p) => p <= 0.05).length;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    config: CONFIG,
    title: {
      text: "What each p says where attention tells nothing",
      subtitle: [
        `${sets} simulated studies of 100 problems; positions differ in attention and in importance, nothing else connects the two`,
        `p from t over rows is at most 0.05 in ${rejected} of ${pooled.length}; a valid test follows the diagonal`,
      ],
    },
    padding: 10,
    width: 300,
    height: 300,
    layer: [
      {
        data: {
          values: [
            { level: 0, share: 0 },
            { level: 1, share: 1 },
          ],
        },
        mark: { type: "line", color: COLOURS.grey, strokeDash: [4, 3], strokeWidth: 1 },
        encoding: { x: { field: "level", type: "quantitative" }, y: { field: "share", type: "quantitative" } },
      },
      {
        data: { values },
        mark: { type: "line", strokeWidth: 2 },
        encoding: {
          x: { field: "level", type: "quantitative", title: "level of the test" },
          y: { field: "share", type: "quantitative", title: "share of null studies with p at most that" },
          color: {
            field: "label",
            type: "nominal",
            title: null,
            scale: { domain: LINES.map(({ label }) => label), range: LINES.map(({ colour }) => colour) },
            legend: { orient: "bottom", direction: "vertical", labelLimit: 400, symbolStrokeWidth: 3 },
          },
        },
      },
    ],
  };
}

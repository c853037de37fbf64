/** A map of two axes of a sweep, its controls below it in the same colours. */

import { type FigureExhibit, figureExhibit } from "../../../exhibits/exhibit.js";
import { type FigureSpec, figure } from "../../../exhibits/figure.js";
import { type HeatCell, heatMap, heatScale } from "../../../exhibits/heat-map.js";
import { signed, smallIntervalText } from "../../../exhibits/number-text.js";
import type { Estimate } from "../../../statistics/estimate.js";
import type { SweepTable } from "../table.js";
import { axisOf, captionOf, headingOf, isShare, measureOf, numberText, spoken } from "./words.js";

/** What is drawn; what is left out is chosen. */
export interface MapOptions {
  readonly x?: string;
  readonly y?: string;
  readonly value?: string;
  readonly title?: string;
}

// More columns leave no room for intervals.
const MOST_WIDE = 10;

/** @throws UsageError for a sweep of fewer than two axes, and for an axis or a measure that it does not have. */
export function heatMapOf(table: SweepTable, options: MapOptions): FigureExhibit {
  const x = axisOf(table, options.x, { place: options.y === table.data.axes[0]?.name ? 1 : 0, as: "x" });
  const y = axisOf(table, options.y, { place: x.name === table.data.axes[1]?.name ? 0 : 1, as: "y" });
  const measure = measureOf(table, options.value);
  const share = isShare(table, measure);
  const title = options.title ?? headingOf([measure], [x.name, y.name]);
  // What must change nothing is checked, not drawn.
  const controls = table.control === null ? table.controls.filter((name) => name !== "identity") : [];
  const narrow = x.values.length > MOST_WIDE;
  const tables = [table, ...controls.map((name) => table.of(name))];
  const maps = tables.map((each) =>
    cellsOf(each, { x, y, measure, short: narrow ? (share ? "percent" : "short") : "full" }),
  );
  const scale = heatScale(maps.flat().flatMap(({ rate }) => rate ?? []));
  const panel = (values: readonly HeatCell[], heading: string): FigureSpec => ({
    ...(heading === ""
      ? {}
      : { title: { text: heading, fontSize: 8.5, fontWeight: "normal", anchor: "start", offset: 4 } }),
    ...heatMap({
      ...{ values, scale, narrow, wrapped: true },
      columns: x.values,
      rows: y.values,
      xTitle: x.name,
      yTitle: y.name,
      legend: share ? ["share"] : ["mean"],
      width: { step: narrow ? 25 : 60 },
      rowHeight: 27,
    }),
  });
  const panels = maps.map((values, i) => panel(values, i === 0 ? "" : `control: ${controls[i - 1]}`));
  const subtitle = [
    `${share ? "share" : "mean"} over n = ${table.data.problems.length} problems, ${table.data.model.name}`,
    narrow ? (share ? "numbers: per cent" : "numbers: means") : "brackets: 95 % intervals",
  ];
  const [first = {}] = panels;
  const run = { protocol: table.data.model.protocol, testMode: false };
  return figureExhibit({
    key: "",
    title,
    spec: figure({ title, subtitle, run }, panels.length === 1 ? first : { vconcat: panels, spacing: 14 }),
    caption: captionOf(table, { measures: [measure], drawn: [x.name, y.name] }),
  });
}

type Axis = SweepTable["data"]["axes"][number];

function cellsOf(
  table: SweepTable,
  { x, y, measure, short }: { readonly x: Axis; readonly y: Axis; readonly measure: string; readonly short: Shortness },
): HeatCell[] {
  return y.values.flatMap((row) =>
    x.values.flatMap((column): HeatCell[] => {
      const cell = { [x.name]: column, [y.name]: row };
      if (!table.has(cell)) return [];
      const estimate = table.interval(measure, cell);
      return [
        {
          x: shown(column),
          y: shown(row),
          rate: estimate.kind === "value" ? estimate.value : null,
          text: textOf(estimate, short),
          interval: short === "full" ? smallIntervalText(estimate) : "",
          spoken: spoken(`${x.name} ${column}, ${y.name} ${row}`, estimate),
        },
      ];
    }),
  );
}

type Shortness = "percent" | "short" | "full";

function textOf(estimate: Estimate, short: Shortness): string {
  if (estimate.kind === "undefined") return "";
  if (short === "percent") return `${Math.round(100 * estimate.value)}`;
  return short === "short" ? signed(estimate.value).replace(/(\.\d)\d$/, "$1") : numberText(estimate);
}

function shown(value: string | number | boolean): string | number {
  return typeof value === "boolean" ? String(value) : value;
}

/** Figure 2: importance by difficulty and latent, and problem by problem. */

import { type FigureSpec, figure } from "../../exhibits/figure.js";
import { heatMap } from "../../exhibits/heat-map.js";
import { intervalText, signed } from "../../exhibits/number-text.js";
import { wilson } from "../../statistics/proportion-interval.js";
import { visibleText } from "../report/html.js";
import type { AnalysisRow, Summary } from "../summary-types.js";
import { zeroing } from "./by-layer.js";

const WIDTH = 380;
/** With more columns than this one problem is narrower than what can be seen in print. */
const MOST_PROBLEMS = 190;
const OUTCOMES = [
  { outcome: "kept", colour: "#dbe7f0" },
  { outcome: "broken", colour: "#08457e" },
  { outcome: "baseline wrong", colour: "#bdbdbd" },
] as const;

/** @returns a heat map with rate, count and Wilson interval in each cell; below it a strip with a column a problem where that is legible. */
export function importanceHeatmap(summary: Summary, rows: readonly AnalysisRow[] = []): FigureSpec {
  const problems = new Set(rows.map(({ problemId }) => problemId)).size;
  const map = levelMap(summary);
  const strip = problems > 0 && problems <= MOST_PROBLEMS ? [problemStrip(rows)] : [];
  const subtitle = [
    `share of right baseline answers that turn wrong when ${zeroing(summary)}`,
    `n = ${summary.baseline.correct} of ${summary.baseline.n} problems (baseline right); brackets: 95 % Wilson intervals`,
    ...(strip.length === 0 ? [] : ["below: each problem is a column, easiest level first"]),
  ];
  return figure(
    { title: "Which latents matter at which difficulty?", subtitle, run: summary },
    {
      vconcat: [map, ...strip],
      spacing: 16,
    },
  );
}

function levelMap(summary: Summary): FigureSpec {
  const values = summary.heat.map(({ level, latent, broken, n }) => {
    const interval = wilson(broken, n);
    const text = n === 0 ? ["not defined", "(none right)"] : [`${signed(broken / n)} (${broken}/${n})`];
    const bounds = intervalText(interval);
    const spoken = `${level}, latent ${latent}: ${[...text, bounds].join(" ").trim()}`;
    return { x: latent, y: level, rate: n === 0 ? null : broken / n, text, interval: bounds, spoken };
  });
  return heatMap({
    values,
    columns: summary.latents.map(({ latent }) => latent),
    rows: summary.levels.map(({ level }) => level),
    xTitle: "latent",
    yTitle: "difficulty",
    legend: ["share", "broken"],
    width: WIDTH,
    rowHeight: 36,
  });
}

function problemStrip(rows: readonly AnalysisRow[]): FigureSpec {
  // Rows come problem by problem; sorting by level is stable, so the sampled order stays within a level.
  const ids = [...new Map(rows.map((row) => [row.problemId, row.difficulty]))]
    .sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([id]) => id);
  const column = new Map(ids.map((id, place) => [id, place]));
  const values = rows.map((row) => ({
    column: column.get(row.problemId) ?? 0,
    latent: row.latent,
    outcome: outcomeOf(row),
    spoken: visibleText(`${row.problemId}, ${row.difficulty}, latent ${row.latent}: ${outcomeOf(row)}`),
  }));
  const seen = OUTCOMES.filter(({ outcome }) => values.some((each) => each.outcome === outcome));
  return {
    width: WIDTH,
    height: { step: 11 },
    data: { values },
    mark: { type: "rect", stroke: "white", strokeWidth: 0.5 },
    encoding: {
      description: { field: "spoken" },
      x: { field: "column", type: "ordinal", title: `${ids.length} problems`, axis: { labels: false, ticks: false } },
      y: { field: "latent", type: "ordinal", title: "latent", axis: { domain: false, ticks: false } },
      color: {
        field: "outcome",
        type: "nominal",
        title: null,
        scale: { domain: seen.map(({ outcome }) => outcome), range: seen.map(({ colour }) => colour) },
        legend: { symbolType: "square", symbolSize: 50 },
      },
    },
    resolve: { scale: { color: "independent" } },
  };
}

function outcomeOf({ baselineCorrect, importance }: AnalysisRow): string {
  return !baselineCorrect ? "baseline wrong" : importance === 1 ? "broken" : "kept";
}

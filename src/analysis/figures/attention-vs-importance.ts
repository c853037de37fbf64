/** Figure 3: attention from EOT against importance, one panel a layer. */

import { wilson } from "../statistics/proportion-interval.js";
import type { AnalysisRow, Summary } from "../summary-types.js";
import { COLOURS, drawn, type FigureSpec, figure } from "./common.js";

const BINS = 5;

/** @returns a panel a layer: share of broken answers in fifths of the rows by attention, with Wilson intervals. */
export function attentionVsImportance(summary: Summary, rows: readonly AnalysisRow[]): FigureSpec {
  const used = rows.filter(({ baselineCorrect }) => baselineCorrect);
  const binned = summary.correlations.map((correlation) => ({
    correlation,
    values: fifths(
      used.map((row) => ({ attention: row.attention.get(correlation.layer)?.eot ?? 0, importance: row.importance })),
    ),
  }));
  const top = Math.max(0.1, ...binned.flatMap(({ values }) => values.map(({ high }) => high)));
  const overall = used.length === 0 ? 0 : used.reduce((sum, row) => sum + row.importance, 0) / used.length;
  const panels = binned.map(({ correlation, values }) => panel(correlation, values, overall, Math.ceil(top * 20) / 20));
  return figure(
    "Does attention to a latent predict its importance?",
    [
      `points: fifths of ${used.length} problem × latent rows ordered by head-mean attention from EOT; bars: 95 % Wilson intervals (rows of a problem are not independent)`,
      "dashed: all rows; r with 95 % cluster bootstrap over problems",
    ],
    {
      hconcat:
        panels.length === 0
          ? [{ mark: "text", data: { values: [{}] }, encoding: { text: { value: "not defined (no layer was read)" } } }]
          : panels,
      spacing: 44,
    },
  );
}

function panel(
  { layer, pooled, withinPosition }: Summary["correlations"][number],
  values: readonly Fifth[],
  overall: number,
  top: number,
): FigureSpec {
  if (values.length === 0) return emptyPanel(layer);
  // Attention often spans many decades; on a linear axis four of five points would lie on each other.
  const smallest = Math.min(...values.map(({ attention }) => attention));
  const largest = Math.max(...values.map(({ attention }) => attention));
  const decades = smallest > 0 && largest / smallest > 50;
  const x = {
    field: "attention",
    type: "quantitative",
    title: `attention of EOT to the latent${decades ? " (log)" : ""}`,
    scale: decades
      ? { type: "log", domain: [smallest / 3, largest * 3], nice: false }
      : { zero: false, nice: true, padding: 12 },
    axis: { tickCount: 4, format: decades ? ".0e" : "~g", grid: !decades, labelOverlap: true },
  };
  const scale = { domain: [0, top] };
  return {
    title: {
      text: `layer ${layer}`,
      subtitle: [`pooled r ${drawn(pooled).label}`, `within position ${drawn(withinPosition).label}`],
      fontSize: 12,
      offset: 8,
    },
    width: 210,
    height: 210,
    data: { values },
    layer: [
      {
        data: { values: [{ overall }] },
        mark: { type: "rule", strokeDash: [4, 4], color: COLOURS.grey },
        encoding: { y: { field: "overall", type: "quantitative", scale } },
      },
      {
        mark: { type: "rule", color: COLOURS.orange, strokeWidth: 1.4 },
        encoding: {
          x,
          y: { field: "low", type: "quantitative", scale, title: "broken answers (share)" },
          y2: { field: "high" },
        },
      },
      {
        mark: { type: "point", filled: true, size: 55, color: COLOURS.orange, opacity: 1 },
        encoding: { x, y: { field: "rate", type: "quantitative", scale } },
      },
    ],
  };
}

function emptyPanel(layer: number): FigureSpec {
  const text = { value: "not defined (no baseline was right)" };
  return {
    title: { text: `layer ${layer}`, fontSize: 12 },
    width: 210,
    height: 210,
    data: { values: [{}] },
    mark: { type: "text", fontSize: 11, color: COLOURS.grey },
    encoding: { text },
  };
}

interface Fifth {
  readonly attention: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

function fifths(points: readonly { attention: number; importance: number }[]): Fifth[] {
  const sorted = [...points].sort((a, b) => a.attention - b.attention);
  return Array.from({ length: BINS }, (_, bin) =>
    sorted.slice(Math.floor((bin * sorted.length) / BINS), Math.floor(((bin + 1) * sorted.length) / BINS)),
  )
    .filter((some) => some.length > 0)
    .map((some) => {
      const count = some.reduce((sum, { importance }) => sum + importance, 0);
      const interval = wilson(count, some.length);
      const [low, high] = interval.kind === "value" ? [interval.low ?? 0, interval.high ?? 0] : [0, 0];
      return {
        attention: some.reduce((sum, { attention }) => sum + attention, 0) / some.length,
        rate: count / some.length,
        low,
        high,
      };
    });
}

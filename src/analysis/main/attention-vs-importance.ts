/** Figure 3: attention from EOT against importance, one panel a layer. */

import { COLOURS, type FigureSpec, figure, PANELS, panelRows, sentencePanel, wrapped } from "../../exhibits/figure.js";
import { drawn, signed, span } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { wilson } from "../../statistics/proportion-interval.js";
import type { AnalysisRow, Summary } from "../summary-types.js";
import { byLayer } from "./by-layer.js";

const BINS = 5;

interface Point {
  readonly attention: number;
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

interface LayerPoints {
  readonly correlation: Summary["correlations"][number];
  /** Baseline-right rows in which this layer was read. */
  readonly n: number;
  readonly problems: number;
  readonly overall: number;
  readonly fifths: readonly Point[];
  readonly latents: readonly (Point & { readonly latent: string })[];
}

/** @returns a panel a layer: share of broken answers in fifths of the rows by attention, and per latent, with Wilson intervals. */
export function attentionVsImportance(summary: Summary, rows: readonly AnalysisRow[]): FigureSpec {
  const used = rows.filter(({ baselineCorrect }) => baselineCorrect);
  const layers = byLayer(summary).map((correlation) => pointsOf(correlation, used));
  const highest = Math.max(0.1, ...layers.flatMap(({ fifths, latents }) => [...fifths, ...latents].map((p) => p.high)));
  const top = Math.min(1, Math.ceil(highest * 20) / 20);
  const panels = layers.map((each, place) => panel(each, top, place % PANELS.columns === 0));
  const [most] = [...layers].sort((a, b) => b.n - a.n);
  const subtitle = [
    `n = ${most?.n ?? 0} rows (${most?.problems ?? 0} problems with a right baseline × latents), importance 0 or 1; dashed: share over all rows`,
    "dots: fifths of the rows in order of attention; numbers: the latents; both at their median attention",
    "lines: 95 % Wilson intervals, as if rows were independent; r: 95 % bootstrap over problems; within: position taken out",
  ];
  return figure(
    { title: "Does attention to a latent predict its importance?", subtitle, run: summary },
    panelRows(panels),
  );
}

function pointsOf(correlation: Summary["correlations"][number], used: readonly AnalysisRow[]): LayerPoints {
  const rows = used.flatMap((row) => {
    const attention = row.attention.get(correlation.layer)?.eot;
    return attention === undefined ? [] : [{ ...row, attention }];
  });
  const latents = [...new Set(rows.map(({ latent }) => latent))].sort((a, b) => a - b);
  return {
    correlation,
    n: rows.length,
    problems: new Set(rows.map(({ problemId }) => problemId)).size,
    overall: rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + row.importance, 0) / rows.length,
    fifths: fifthsOf(rows),
    latents: latents.flatMap((latent) =>
      pointOf(rows.filter((row) => row.latent === latent)).map((point) => ({ ...point, latent: String(latent) })),
    ),
  };
}

function panel({ correlation, n, overall, ...points }: LayerPoints, top: number, first: boolean): FigureSpec {
  const said = (name: string, { count, of, attention, rate, low, high }: Point): string =>
    `layer ${correlation.layer}, ${name}: ${count} of ${of} broken, ${signed(rate)} ${span(low, high)}, median attention ${attention.toPrecision(3)}`;
  const fifths = points.fifths.map((each, i) => ({ ...each, spoken: said(`fifth ${i + 1} by attention`, each) }));
  const latents = points.latents.map((each) => ({ ...each, spoken: said(`latent ${each.latent}`, each) }));
  const title = titleOf(correlation);
  if (n === 0)
    return { ...sentencePanel("not defined (no right baseline answer with attention at this layer)"), title };
  const x = attentionAxis([...fifths, ...latents].map(({ attention }) => attention));
  const scale = { domain: [0, top] };
  const y = { type: "quantitative", scale };
  const whole = { ...y, title: first ? "share of answers broken" : null, axis: { tickCount: 5 } };
  return {
    title,
    width: PANELS.width,
    height: PANELS.height,
    layer: [
      {
        data: { values: [{ overall }] },
        mark: { type: "rule", aria: false, strokeDash: [3, 3], color: COLOURS.grey },
        encoding: { y: { ...y, field: "overall" } },
      },
      {
        data: { values: fifths },
        mark: { type: "rule", aria: false, color: COLOURS.orange, strokeWidth: 1.2 },
        encoding: { x, y: { ...whole, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: latents },
        mark: { type: "rule", aria: false, color: COLOURS.blue, strokeWidth: 0.8, opacity: 0.75 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: fifths },
        mark: { type: "point", filled: true, size: 26, color: COLOURS.orange, opacity: 1 },
        encoding: { x, y: { ...y, field: "rate" }, description: { field: "spoken" } },
      },
      // A white disc keeps the number readable where it lies on a line.
      {
        data: { values: latents },
        mark: {
          type: "point",
          filled: true,
          size: 95,
          color: "white",
          stroke: COLOURS.blue,
          strokeWidth: 0.8,
          opacity: 1,
        },
        encoding: { x, y: { ...y, field: "rate" }, description: { field: "spoken" } },
      },
      {
        data: { values: latents },
        mark: { type: "text", aria: false, fontSize: 7.5, color: COLOURS.blue },
        encoding: { x, y: { ...y, field: "rate" }, text: { field: "latent" } },
      },
    ],
  };
}

function titleOf({ layer, pooled, withinPosition }: LayerPoints["correlation"]): FigureSpec {
  return {
    text: `layer ${layer}`,
    subtitle: [...lines("pooled r", pooled), ...lines("within r", withinPosition)],
    subtitleFontSize: 7.5,
    subtitleLineHeight: 9.5,
    fontSize: 9,
    offset: 8,
  };
}

// Attention often spans many decades; on a linear axis most points would lie on each other.
function attentionAxis(attention: readonly number[]): FigureSpec {
  const smallest = Math.min(...attention);
  const largest = Math.max(...attention);
  const decades = smallest > 0 && largest / smallest > 50;
  return {
    field: "attention",
    type: "quantitative",
    title: `attention from EOT${decades ? " (log scale)" : ""}`,
    scale: decades
      ? { type: "log", domain: [smallest / 3, largest * 3], nice: false }
      : { zero: false, nice: false, padding: 10 },
    axis: { tickCount: 3, format: decades ? ".0e" : "~g", grid: !decades, labelOverlap: true, labelFlush: false },
  };
}

function lines(name: string, estimate: Estimate): string[] {
  return wrapped(`${name} ${drawn(estimate).label}`, 31);
}

function fifthsOf(rows: readonly { attention: number; importance: 0 | 1 }[]): Point[] {
  const sorted = [...rows].sort((a, b) => a.attention - b.attention);
  return Array.from({ length: BINS }, (_, bin) =>
    sorted.slice(Math.floor((bin * sorted.length) / BINS), Math.floor(((bin + 1) * sorted.length) / BINS)),
  ).flatMap(pointOf);
}

/** Rate of some rows at their median attention; none where there are no rows. */
function pointOf(rows: readonly { attention: number; importance: 0 | 1 }[]): Point[] {
  const attention = rows.map((row) => row.attention).sort((a, b) => a - b);
  const middle = attention[Math.floor((attention.length - 1) / 2)];
  const upper = attention[Math.floor(attention.length / 2)];
  if (middle === undefined || upper === undefined) return [];
  const count = rows.reduce((sum, { importance }) => sum + importance, 0);
  const interval = wilson(count, rows.length);
  const [low, high] = interval.kind === "value" ? [interval.low ?? 0, interval.high ?? 0] : [0, 0];
  return [{ attention: (middle + upper) / 2, count, of: rows.length, rate: count / rows.length, low, high }];
}

/** Figure 3: attention from EOT against importance, one panel a layer. */

import { apart } from "../../exhibits/apart.js";
import { COLOURS, type FigureSpec, figure, PANELS, panelRows, sentencePanel, wrapped } from "../../exhibits/figure.js";
import { correlationOf, drawn, endsOf, FEWEST_TO_SAY, signed, span, TOO_FEW } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { wilson } from "../../statistics/proportion-interval.js";
import type { AnalysisRow, Summary } from "../summary-types.js";
import { byLayer } from "./by-layer.js";

const BINS = 5;
/** Two discs with numbers are at least this far from each other. */
const DISC = 12;

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

function panel({ correlation, n, problems, overall, ...points }: LayerPoints, top: number, first: boolean): FigureSpec {
  const said = (name: string, { count, of, attention, rate, low, high }: Point): string =>
    `layer ${correlation.layer}, ${name}: ${count} of ${of} broken, ${signed(rate)} ${of < FEWEST_TO_SAY ? `(${TOO_FEW})` : span(low, high)}, median attention ${attention.toPrecision(3)}`;
  const fifths = points.fifths.map((each, i) => ({ ...each, spoken: said(`fifth ${i + 1} by attention`, each) }));
  const all = [...points.fifths, ...points.latents].map(({ attention }) => attention);
  const axis = attentionAxis(all);
  const places = apart(
    points.latents.map(({ attention, rate }) => ({ x: axis.toX(attention), y: PANELS.height * (1 - rate / top) })),
    { gap: DISC, width: PANELS.width },
  );
  const latents = points.latents.map((each, i) => ({
    ...each,
    beside: axis.fromX(places[i] ?? 0),
    spoken: said(`latent ${each.latent}`, each),
  }));
  const title = titleOf(correlation, problems);
  if (n === 0)
    return { ...sentencePanel("not defined (no right baseline answer with attention at this layer)"), title };
  const x = { ...axis.encoding, field: "attention" };
  const beside = { ...axis.encoding, field: "beside" };
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
      // Discs that would lie on each other stand side by side, each tied to its own place.
      {
        data: { values: latents },
        mark: { type: "rule", aria: false, color: COLOURS.blue, strokeWidth: 0.8 },
        encoding: { x, x2: { field: "beside" }, y: { ...y, field: "rate" } },
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
        encoding: { x: beside, y: { ...y, field: "rate" }, description: { field: "spoken" } },
      },
      {
        data: { values: latents },
        mark: { type: "text", aria: false, fontSize: 7.5, color: COLOURS.blue },
        encoding: { x: beside, y: { ...y, field: "rate" }, text: { field: "latent" } },
      },
    ],
  };
}

function titleOf({ layer, pooled, withinPosition }: LayerPoints["correlation"], problems: number): FigureSpec {
  return {
    text: `layer ${layer}`,
    subtitle: [
      ...lines("pooled r", correlationOf(pooled, problems)),
      ...lines("within r", correlationOf(withinPosition, problems)),
    ],
    subtitleFontSize: 7.5,
    subtitleLineHeight: 9.5,
    fontSize: 9,
    offset: 8,
  };
}

interface AttentionAxis {
  /** Channel `x` without its field. */
  readonly encoding: FigureSpec;
  readonly toX: (attention: number) => number;
  readonly fromX: (x: number) => number;
}

// Attention often spans many decades; on a linear axis most points would lie on each other.
function attentionAxis(attention: readonly number[]): AttentionAxis {
  const [smallest, largest] = [Math.min(...attention), Math.max(...attention)];
  const decades = smallest > 0 && largest / smallest > 50;
  const spread = largest > smallest ? (largest - smallest) * 0.1 : Math.abs(largest) * 0.1 + 1e-9;
  const domain = decades ? [smallest / 3, largest * 3] : [smallest - spread, largest + spread];
  const [from, to] = decades ? domain.map(Math.log) : domain;
  const [start, width] = [from ?? 0, (to ?? 1) - (from ?? 0)];
  return {
    encoding: {
      type: "quantitative",
      title: `attention from EOT${decades ? " (log scale)" : ""}`,
      scale: decades ? { type: "log", domain, nice: false } : { domain, zero: false, nice: false },
      axis: { tickCount: 3, format: decades ? ".0e" : "~g", grid: !decades, labelOverlap: true, labelFlush: false },
    },
    toX: (value) => (((decades ? Math.log(value) : value) - start) / width) * PANELS.width,
    fromX: (x) => {
      const at = start + (x / PANELS.width) * width;
      return decades ? Math.exp(at) : at;
    },
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
  const rate = count / rows.length;
  // Where they are too few to say, the interval has no length.
  const [low, high] = (interval.kind === "value" && endsOf(interval)) || [rate, rate];
  return [{ attention: (middle + upper) / 2, count, of: rows.length, rate, low, high }];
}

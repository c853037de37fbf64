/** The figures of the study `edges`: the strongest edges as a graph over places and blocks, and what circuits keep. */

import { range } from "../../base/range.js";
import { COLOURS, type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { drawn, signed, small } from "../../exhibits/number-text.js";
import type { ShownRun } from "../finding.js";
import type { CircuitSize, CircuitsSummary } from "./circuit-summary.js";
import type { Source, Target } from "./graph.js";
import { isLatent, latentAfter } from "./names.js";
import { percent } from "./sentence.js";
import type { EdgesSummary, MeanEdge } from "./summary.js";

/** What stands above a figure. */
export interface EdgesHead {
  readonly question: string;
  readonly run: ShownRun;
}

/** Edges that are drawn, and beside them of each projection those that it reads and those that carry what it wrote. */
export const DRAWN = { all: 80, projection: 2 } as const;
const WIDTH = { column: 38, height: 300 } as const;
const ORDER = /^(number|question before it|question after it|bot|latent\.|eot|answer)/;
const PARTS = ["number", "question before it", "question after it", "bot", "latent.", "eot", "answer"];

/** Places from left to right, blocks from below. */
export function edgesFigure(summary: EdgesSummary, { question, run }: EdgesHead): FigureSpec {
  const { edges, pairs, edgesEach } = summary;
  const shown = drawnOf(edges);
  const subtitle = [
    `the ${DRAWN.all} strongest of ${edgesEach} edges, and of each projection the ${DRAWN.projection} strongest before and behind it; wider: larger mean score; n = ${pairs} pairs`,
    "in a column, what a component wrote (its lower end) and which one read it (its upper end); dashed: the projection, from a position to the next latent",
  ];
  if (shown.length === 0)
    return figure(
      { title: question, subtitle, run },
      sentencePanel("no edge moves anything", { width: 440, height: 60 }),
    );
  const columns = columnsOf(edges);
  const depth = 1 + edges.reduce((most, { source, target }) => Math.max(most, blockOf(source), blockOf(target)), 0);
  const values = shown.map((edge) => lineOf(edge, { columns, depth }));
  const x = {
    field: "x",
    type: "quantitative",
    title: null,
    scale: { domain: [-0.5, columns.length - 0.5], nice: false },
    axis: {
      values: range(columns.length),
      labelExpr: `${JSON.stringify(columns)}[datum.value]`,
      labelAngle: -35,
      labelOverlap: false,
      grid: false,
    },
  };
  const y = {
    field: "y",
    type: "quantitative",
    title: "block",
    scale: { domain: [-0.6, depth + 0.4], nice: false },
    axis: { values: range(depth), grid: false },
  };
  return figure(
    { title: question, subtitle, run },
    {
      width: WIDTH.column * columns.length,
      height: WIDTH.height,
      layer: [
        {
          data: { values: projections(columns, depth) },
          mark: { type: "rule", color: COLOURS.light, strokeDash: [3, 3], aria: false },
          encoding: { x, y, x2: { field: "x2" }, y2: { field: "y2" } },
        },
        {
          data: { values },
          mark: { type: "rule", opacity: 0.75 },
          encoding: {
            ...{ x, y, x2: { field: "x2" }, y2: { field: "y2" } },
            description: { field: "spoken" },
            strokeWidth: { field: "size", type: "quantitative", legend: null, scale: { range: [0.6, 5] } },
            color: {
              field: "way",
              type: "nominal",
              title: "moves the answer",
              scale: { domain: ["to the other run's", "away from it"], range: [COLOURS.blue, COLOURS.orange] },
            },
          },
        },
        {
          data: { values: endsOf(values) },
          mark: { type: "point", filled: true, size: 10, opacity: 1, color: COLOURS.ink, aria: false },
          encoding: { x, y },
        },
      ],
    },
  );
}

function drawnOf(edges: readonly MeanEdge[]): readonly MeanEdge[] {
  const latents = [...new Set(edges.map(({ place }) => place))].filter(isLatent);
  const isRead = ({ target, place }: MeanEdge): boolean =>
    target.kind === "output" && latentAfter(place, latents) !== null;
  const isWritten = ({ source, place }: MeanEdge): boolean => source.kind === "input" && isLatent(place);
  const places = [...new Set(edges.map(({ place }) => place))];
  const joining = [isRead, isWritten].flatMap((isIts) =>
    places.flatMap((at) => edges.filter((edge) => edge.place === at && isIts(edge)).slice(0, DRAWN.projection)),
  );
  return [...new Set([...edges.slice(0, DRAWN.all), ...joining])];
}

/** In the order of the sequence. */
function columnsOf(edges: readonly MeanEdge[]): string[] {
  const rank = (place: string): number => {
    const part = PARTS.indexOf(ORDER.exec(place)?.[1] ?? "");
    return 1000 * part + (isLatent(place) ? Number(place.slice("latent.".length)) : 0);
  };
  return [...new Set(edges.map(({ place }) => place))].sort((a, b) => rank(a) - rank(b));
}

interface Laid {
  readonly columns: readonly string[];
  readonly depth: number;
}

function lineOf({ source, target, place, from, to, score }: MeanEdge, { columns, depth }: Laid) {
  const column = columns.indexOf(place);
  const [low, high] = [sourceAt(source), targetAt(target, depth)];
  return {
    ...{ x: column + low.x, y: low.y, x2: column + high.x, y2: high.y },
    size: Math.abs(score),
    way: score > 0 ? "to the other run's" : "away from it",
    spoken: `from ${from} to ${to}: score ${small(score)}`,
  };
}

function blockOf(end: Source | Target): number {
  return "block" in end ? end.block : 0;
}

// Within a column attention stands to the left and the MLP to the right, above it.
function sourceAt(source: Source): { readonly x: number; readonly y: number } {
  switch (source.kind) {
    case "input":
      return { x: 0, y: -0.5 };
    case "head":
      return { x: -0.3 + 0.18 * (source.head / (1 + source.head)), y: source.block + 0.35 };
    case "mlp":
      return { x: 0.25, y: source.block + 0.7 };
  }
}

function targetAt(target: Target, depth: number): { readonly x: number; readonly y: number } {
  switch (target.kind) {
    case "attention":
      return { x: -0.21, y: target.block + 0.1 };
    case "mlp":
      return { x: 0.25, y: target.block + 0.55 };
    case "output":
      return { x: 0, y: depth + 0.3 };
  }
}

function projections(columns: readonly string[], depth: number): object[] {
  const latents = columns.filter(isLatent);
  return columns.flatMap((place, column) => {
    const next = latentAfter(place, latents);
    return next === null ? [] : [{ x: column, y: depth + 0.3, x2: columns.indexOf(next), y2: -0.5 }];
  });
}

function endsOf(lines: readonly ReturnType<typeof lineOf>[]): object[] {
  const known = new Map(
    lines.flatMap(({ x, y, x2, y2 }) => [[`${x},${y}`, { x, y }] as const, [`${x2},${y2}`, { x: x2, y: y2 }] as const]),
  );
  return [...known.values()];
}

const SERIES = ["strongest edges", "as many at random", "all but the strongest", "all but random ones"] as const;

/** By size: the strongest edges, as many at random, and all others. */
export function circuitsFigure({ sizes, pairs, draws }: CircuitsSummary, { question, run }: EdgesHead): FigureSpec {
  const subtitle = [
    "other edges have the counterfactual's values; 1 keeps all of the question's logit difference, 0 none",
    `means with 95 % bootstrap intervals, n = ${pairs} pairs, ${draws} random sets a size`,
  ];
  const values = sizes.flatMap((size) => SERIES.map((series) => pointOf(size, series)));
  const x = {
    field: "share",
    type: "quantitative",
    title: "edges of the circuit, of all edges",
    scale: { type: "log", nice: false, domain: [Math.min(...sizes.map(({ share }) => share)) / 1.4, 0.4] },
    axis: {
      values: sizes.map(({ share }) => share),
      labelExpr: `toString(round(datum.value * 1000) / 10) + " %"`,
      grid: false,
    },
  };
  const y = { field: "value", type: "quantitative", title: "logit difference kept" };
  const color = {
    field: "series",
    type: "nominal",
    title: null,
    sort: SERIES,
    scale: { domain: SERIES, range: [COLOURS.blue, COLOURS.grey, COLOURS.orange, COLOURS.green] },
  };
  return figure(
    { title: question, subtitle, run },
    {
      width: 340,
      height: 190,
      data: { values },
      layer: [
        { mark: { type: "line", aria: false }, encoding: { x, y, color } },
        {
          mark: { type: "rule", aria: false },
          encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" }, color },
        },
        {
          mark: { type: "point", filled: true, opacity: 1 },
          // Where two lie on one another both are seen.
          encoding: {
            x,
            y,
            color,
            size: { condition: { test: 'datum.series === "as many at random"', value: 90 }, value: 24 },
            description: { field: "spoken" },
          },
        },
      ],
    },
  );
}

function pointOf(size: CircuitSize, series: (typeof SERIES)[number]) {
  const estimate = {
    "strongest edges": size.kept,
    "as many at random": size.random,
    "all but the strongest": size.without,
    "all but random ones": size.withoutRandom,
  }[series];
  const { value, low, high, label } = drawn(estimate);
  return {
    ...{ share: size.share, series, value, low: low ?? value, high: high ?? value },
    spoken: `${series}, ${percent(size.share)} of edges: ${value === null ? label : signed(value)} kept`,
  };
}

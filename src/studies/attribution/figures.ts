/** The figures of the study `attribution`: the residual stream's map as patched and as predicted, and all cells as points. */

import { COLOURS, type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { correlationOf, show, signed } from "../../exhibits/number-text.js";
import { SMALL_AXIS, SMALL_CELL, signedColour, smallMap, smallTitle } from "../../exhibits/small-map.js";
import type { ShownRun } from "../finding.js";
import { WAYS, type Way } from "./agreement.js";
import { SITE_NAMES, WAY_NAMES } from "./names.js";
import type { AttributionSummary, MeanCell, PredictedCell } from "./summary.js";

/** What stands above a figure. */
export interface AttributionHead {
  readonly question: string;
  readonly run: ShownRun;
}

/** Block × position of the residual stream: as patched, and as each way predicts it. */
export function attributionFigure(summary: AttributionSummary, { question, run }: AttributionHead): FigureSpec {
  const { cells, predictions, pairs, predicted: all } = summary;
  const patched = cells.filter(({ site }) => site === "resid");
  const guessed = predictions.filter(({ site }) => site === "resid");
  const subtitle = [
    "effect on the logit difference: 0 stays, 1 is the other run's; residual stream, mean over pairs",
    `predicted: n = ${all} pairs; patched: n = ${pairs} of them, in some blocks; other sites are in the tables`,
  ];
  if (guessed.length === 0) {
    const none = sentencePanel("nothing was predicted (no pair of questions has two answers)", {
      width: 440,
      height: 60,
    });
    return figure({ title: question, subtitle, run }, none);
  }
  const rows = [...new Set(guessed.map(({ row }) => row))];
  const panels = [
    ...WAYS.map((way, i) =>
      panel(guessed, {
        ...{ title: `by ${WAY_NAMES[way]}`, rows, hasNames: i === 0 },
        of: ({ predicted }) => predicted[way],
      }),
    ),
    // Without a pair that is patched there is nothing beside the predictions.
    ...(patched.length === 0
      ? []
      : [panel(patched, { title: "patched, a run a cell", rows, hasNames: false, of: (cell) => cell.patched })]),
  ];
  return figure({ title: question, subtitle, run }, { hconcat: panels, spacing: 14 });
}

interface PanelOf<T> {
  readonly title: string;
  readonly rows: readonly string[];
  readonly hasNames: boolean;
  readonly of: (cell: T) => number;
}

function panel<T extends PredictedCell>(cells: readonly T[], { title, rows, hasNames, of }: PanelOf<T>): FigureSpec {
  const values = cells.map((cell) => {
    const value = of(cell);
    return {
      x: String(cell.block),
      y: cell.row,
      value,
      spoken: `${title}, ${cell.row}, block ${cell.block}: effect ${signed(value)}`,
    };
  });
  return {
    ...smallMap(title, 11, values),
    mark: SMALL_CELL,
    encoding: {
      x: {
        field: "x",
        type: "ordinal",
        title: "block",
        sort: [...new Set(values.map(({ x }) => x))],
        axis: SMALL_AXIS,
      },
      y: {
        field: "y",
        type: "ordinal",
        title: null,
        sort: rows,
        axis: hasNames ? SMALL_AXIS : null,
      },
      description: { field: "spoken" },
      color: signedColour({ title: "effect", domain: [-0.5, 0, 0.5, 1], named: [-0.5, 0, 0.5, 1] }, rows.length),
    },
  };
}

// Points below it lie on one another at 0.
const SHOWN = 0.01;

/** Every cell that moves something, predicted against patched, a panel a way. */
export function attributionPointsFigure(
  { cells, groups, pairs }: AttributionSummary,
  { question, run }: AttributionHead,
): FigureSpec | null {
  const all = groups.find(({ by }) => by === "all")?.agreement;
  const shown = cells.filter(({ patched, predicted }) =>
    [patched, predicted.gradient, predicted.integrated].some((value) => Math.abs(value) >= SHOWN),
  );
  if (all === undefined || shown.length === 0) return null;
  const values = shown.flatMap(({ patched, predicted }) => [patched, predicted.gradient, predicted.integrated]);
  const ends = [Math.min(0, ...values), Math.max(...values)];
  const subtitle = [
    `a point a cell, mean over pairs; line: predicted as patched; r over the cells of all pairs; n = ${pairs} pairs`,
    `${shown.length} of ${cells.length} cells have an effect of at least ${SHOWN}, patched or predicted, and are drawn`,
  ];
  return figure(
    { title: question, subtitle, run },
    {
      hconcat: WAYS.map((way) =>
        points(shown, { way, ends, title: `${WAY_NAMES[way]}: r = ${show(correlationOf(all[way].r, pairs))}` }),
      ),
      spacing: 24,
    },
  );
}

function points(
  cells: readonly MeanCell[],
  { way, ends, title }: { readonly way: Way; readonly ends: readonly number[]; readonly title: string },
): FigureSpec {
  const values = cells.map(({ site, row, block, patched, predicted }) => ({
    x: patched,
    y: predicted[way],
    site: SITE_NAMES[site] ?? site,
    spoken: `${SITE_NAMES[site] ?? site}, ${row}, block ${block}: patched ${signed(patched)}, predicted ${signed(predicted[way])}`,
  }));
  const scale = { domain: ends, nice: true };
  const x = { field: "x", type: "quantitative", title: "effect, patched", scale };
  const y = { field: "y", type: "quantitative", title: "effect, predicted", scale };
  const sites = Object.values(SITE_NAMES);
  return {
    title: smallTitle(title),
    width: 180,
    height: 180,
    layer: [
      {
        data: { values: ends.map((end) => ({ x: end, y: end })) },
        mark: { type: "line", color: COLOURS.light, strokeWidth: 1.5, aria: false },
        encoding: { x, y },
      },
      {
        data: { values },
        mark: { type: "point", filled: true, size: 14, opacity: 0.7 },
        encoding: {
          x,
          y,
          description: { field: "spoken" },
          color: {
            field: "site",
            type: "nominal",
            title: null,
            sort: sites,
            scale: { domain: sites, range: [COLOURS.ink, COLOURS.blue, COLOURS.orange, COLOURS.green] },
          },
        },
      },
    ],
  };
}

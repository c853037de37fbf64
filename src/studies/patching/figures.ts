/** The figures of the study `patching`: block × position maps side by side, and block × head. */

import { COLOURS, type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { drawn } from "../../exhibits/number-text.js";
import { SMALL_AXIS, SMALL_CELL, signedColour, smallMap } from "../../exhibits/small-map.js";
import type { ShownRun } from "../finding.js";
import type { PatchingSummary, PatchSummaryMap } from "./summary.js";

const SITES: Readonly<Record<string, string>> = {
  resid: "residual stream after the block",
  attn: "what attention writes",
  mlp: "what the MLP writes",
};

/** What stands above a figure. */
export interface PatchingHead {
  readonly question: string;
  readonly run: ShownRun;
}

/** Residual stream in both directions and its control; attention and MLP. */
export function patchingFigure({ maps, pairs }: PatchingSummary, { question, run }: PatchingHead): FigureSpec {
  const find = (direction: string, site: string, control: string | null): PatchSummaryMap[] =>
    maps.filter((map) => map.direction === direction && map.site === site && map.control === control);
  if (maps.length === 0) {
    const none = sentencePanel("nothing was patched (no pair of questions has two answers)", {
      width: 440,
      height: 60,
    });
    return figure({ title: question, subtitle: [`n = ${pairs} pairs`], run }, none);
  }
  const panels = [
    [...find("noising", "resid", null), ...find("denoising", "resid", null)],
    [...find("noising", "attn", null), ...find("noising", "mlp", null), ...find("noising", "resid", "unrelated")],
  ];
  const subtitle = [
    "effect of patching on the logit difference of the two answers: 0 stays, 1 is the other run's; mean over pairs, intervals in the table",
    `dots: at least half of the answers become the other run's; n = ${pairs} pairs`,
  ];
  // One legend for all: no taller than the lowest of them.
  const legendRows = lowest(panels.flat());
  return figure(
    { title: question, subtitle, run },
    {
      vconcat: panels
        .filter((row) => row.length > 0)
        .map((row) => ({ hconcat: sideBySide(row, legendRows), spacing: 14 })),
      spacing: 18,
    },
  );
}

/** Heads, at BOT and the latents, and at the answer; null where none were patched. */
export function patchingHeadsFigure(
  { maps, pairs }: PatchingSummary,
  { question, run }: PatchingHead,
): FigureSpec | null {
  const heads = maps.filter(({ site }) => site === "head");
  if (heads.length === 0) return null;
  const subtitle = [
    "one head's output (z) of the counterfactual's run at once in some neighbouring blocks; effect as in the figure above",
    `n = ${pairs} pairs`,
  ];
  return figure({ title: question, subtitle, run }, { hconcat: sideBySide(heads, lowest(heads)) });
}

function titleOf({ direction, site, at, control }: PatchSummaryMap): string {
  if (site === "head") return at === "answer" ? "where the number is chosen" : "at BOT and all latents";
  if (control === "unrelated") return "control: an unrelated problem's";
  return `${SITES[site] ?? site}${site === "resid" ? `, ${direction}` : ""}`;
}

/** Maps in a row; the names of its rows stand beside the map to its left where these have the same. */
function sideBySide(all: readonly PatchSummaryMap[], legendRows: number): FigureSpec[] {
  return all.map((map, place) => {
    const left = all[place - 1];
    const hasNames = left === undefined || rowsOf(left).join() !== rowsOf(map).join();
    return panel(map, { hasNames, legendRows });
  });
}

function lowest(maps: readonly PatchSummaryMap[]): number {
  return Math.min(...maps.map((map) => rowsOf(map).length));
}

function rowsOf({ cells }: PatchSummaryMap): string[] {
  return [...new Set(cells.map(({ row }) => row))];
}

function panel(
  map: PatchSummaryMap,
  { hasNames, legendRows }: { readonly hasNames: boolean; readonly legendRows: number },
): FigureSpec {
  const rows = rowsOf(map);
  const columns = [...new Set(map.cells.map(({ column }) => column))];
  const values = map.cells.map(({ row, column, effect, moved }) => {
    const { value, label } = drawn(effect);
    const follows = moved.n > 0 && moved.count * 2 >= moved.n;
    return {
      x: column,
      y: row,
      value,
      follows,
      spoken: `${titleOf(map)}, ${row}, block ${column}: effect ${label}, ${moved.count} of ${moved.n} answers moved`,
    };
  });
  // Names of windows are wider than their columns, except of heads.
  const turned = map.site !== "head" && columns.some((name) => name.length > 3);
  const encoding = {
    x: {
      field: "x",
      type: "ordinal",
      title: columns.length > 10 || map.control !== null ? "block" : "blocks",
      sort: columns,
      axis: { ...SMALL_AXIS, labelAngle: turned ? -90 : 0 },
    },
    y: { field: "y", type: "ordinal", title: null, sort: rows, axis: hasNames ? SMALL_AXIS : null },
  };
  return {
    ...smallMap(titleOf(map), columns.length > 10 ? 11 : map.site === "head" ? 24 : 12.5, values),
    layer: [
      {
        mark: SMALL_CELL,
        encoding: {
          ...encoding,
          description: { field: "spoken" },
          color: signedColour({ title: "effect", domain: [-0.5, 0, 0.5, 1], named: [-0.5, 0, 0.5, 1] }, legendRows),
        },
      },
      {
        transform: [{ filter: "datum.follows" }],
        mark: { type: "point", filled: true, size: 9, opacity: 1, aria: false },
        encoding: {
          ...encoding,
          color: { condition: { test: "datum.value > 0.55", value: "white" }, value: COLOURS.ink },
        },
      },
    ],
  };
}

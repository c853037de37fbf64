/** What each position names, by the logit lens after the last block: a map of positions by steps. */

import { type FigureSpec, figure } from "../../exhibits/figure.js";
import { heatMap } from "../../exhibits/heat-map.js";
import { intervalText, signed } from "../../exhibits/number-text.js";
import type { ShownRun } from "../finding.js";
import type { LensMap } from "./summary.js";

/** Shares with intervals. */
export function lensFigure(
  { cells, problems }: LensMap,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const values = cells.map(({ position, target, hits, n, rate, chance }) => {
    const value = rate.kind === "value" ? rate.value : null;
    const interval = intervalText(rate);
    const spoken = `${position}, ${target}: ${hits} of ${n} ${interval}, another problem's value ${chance === null ? "not known" : signed(chance)}`;
    return { x: target, y: position, rate: value, text: value === null ? "" : signed(value), interval, spoken };
  });
  const columns = [...new Set(cells.map(({ target }) => target))];
  const rows = [...new Set(cells.map(({ position }) => position))];
  const titles = { xTitle: "value of the solution that it is compared with", yTitle: "position" };
  const subtitle = [
    "share of problems whose value is the head's first choice at the position (logit lens after the last block)",
    `n = ${problems} problems, fewer for later steps; brackets: 95 % Wilson intervals`,
  ];
  const map = { values, columns, rows, ...titles, legend: ["share", "named"], width: { step: 58 }, rowHeight: 27 };
  return figure({ title: question, subtitle, run }, heatMap(map));
}

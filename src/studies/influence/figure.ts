/** The figure of the study `influence`: four maps of latent on latent. */

import { type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { heatMap } from "../../exhibits/heat-map.js";
import { drawn, intervalText, show } from "../../exhibits/number-text.js";
import { smallTitle } from "../../exhibits/small-map.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { ShownRun } from "../finding.js";
import type { InfluencePair, InfluenceSummary } from "./summary.js";

const CELL = 42;
const ROW = 27;
const SPACING = 18;

interface Panel {
  readonly title: string;
  readonly of: (pair: InfluencePair) => Estimate;
}

/** Mean and largest gains, in total and by the direct path; maps of one row share their colours. */
export function influenceFigure(
  summary: InfluenceSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const { pairs, problems } = summary;
  const subtitle = [
    "how far a small step of length 1 at one latent's input moves a later latent's input; direct: the inputs of the latents between are held",
    `mean: root mean square over all directions; largest: in the direction that moves most; means over problems with 95 % bootstrap intervals, n = ${problems} problems`,
  ];
  if (pairs.length === 0)
    return figure(
      { title: question, subtitle, run },
      sentencePanel("no pair of latents (there are fewer than two)", { width: 440, height: 60 }),
    );
  const rows: readonly (readonly [Panel, Panel])[] = [
    [
      { title: "mean gain, total", of: ({ total }) => total.mean },
      { title: "mean gain, direct", of: ({ direct }) => direct.mean },
    ],
    [
      { title: "largest gain, total", of: ({ total }) => total.largest },
      { title: "largest gain, direct", of: ({ direct }) => direct.largest },
    ],
  ];
  return figure(
    { title: question, subtitle, run },
    { vconcat: rows.map((row) => ({ hconcat: rowOf(row, pairs), spacing: SPACING })), spacing: SPACING },
  );
}

function rowOf(row: readonly Panel[], pairs: readonly InfluencePair[]): FigureSpec[] {
  const top = Math.max(0.1, ...row.flatMap(({ of }) => pairs.map((pair) => drawn(of(pair)).value ?? 0)));
  return row.map((panel) => ({ title: smallTitle(panel.title), ...mapOf(panel, pairs, top) }));
}

function mapOf({ title, of }: Panel, pairs: readonly InfluencePair[], top: number): FigureSpec {
  const values = pairs.map((pair) => {
    const estimate = of(pair);
    const { value, label } = drawn(estimate);
    return {
      x: pair.from,
      y: pair.to,
      rate: value,
      text: value === null ? "" : show({ kind: "value", value, low: null, high: null, n: Number.MAX_SAFE_INTEGER }),
      interval: intervalText(estimate),
      spoken: `${title}, latent ${pair.from} on latent ${pair.to}: ${label}`,
    };
  });
  return heatMap({
    values,
    columns: [...new Set(values.map(({ x }) => x))].sort((a, b) => a - b),
    rows: [...new Set(values.map(({ y }) => y))],
    xTitle: "latent whose input is moved",
    yTitle: "latent whose input follows",
    legend: ["gain"],
    width: { step: CELL },
    rowHeight: ROW,
    top,
  });
}

/** The figure of the study `influence`: maps of latent on latent. */

import { type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { heatMap } from "../../exhibits/heat-map.js";
import { drawn, intervalText, signed } from "../../exhibits/number-text.js";
import { smallTitle } from "../../exhibits/small-map.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { ShownRun } from "../finding.js";
import { type InfluencePair, type InfluenceSummary, isApart } from "./summary.js";

const CELL = 46;
const ROW = 27;
const SPACING = 18;

interface Panel {
  readonly title: string;
  readonly of: (pair: InfluencePair) => Estimate;
}

/** Both norms, in total and by the direct path, in the same colours; below them what a knockout changes. */
export function influenceFigure(
  summary: InfluenceSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const { pairs, problems } = summary;
  const subtitle = [
    "how far a small step of length 1 at one latent's input moves a later latent's; direct: with the inputs between held",
    "largest gain: in the direction that moves most (spectral norm); Frobenius norm: in all directions together",
    "knockout: the position before the latent cannot read the other one; not defined for neighbours (grey)",
    `means over problems with 95 % bootstrap intervals, n = ${problems} problems`,
  ];
  if (pairs.length === 0)
    return figure(
      { title: question, subtitle, run },
      sentencePanel("no pair of latents (there are fewer than two)", { width: 440, height: 60 }),
    );
  const gains: readonly (readonly Panel[])[] = [
    [
      { title: "largest gain, total", of: ({ total }) => total.largest },
      { title: "largest gain, direct", of: ({ direct }) => direct.largest },
    ],
    [
      { title: "Frobenius norm, total", of: ({ total }) => total.all },
      { title: "Frobenius norm, direct", of: ({ direct }) => direct.all },
    ],
  ];
  const rowsOf = (rows: readonly (readonly Panel[])[], legend: string): FigureSpec[] => {
    const top = Math.max(0.1, ...rows.flat().flatMap(({ of }) => pairs.map((pair) => drawn(of(pair)).value ?? 0)));
    return rows.map((row) => ({ hconcat: row.map((panel) => mapOf(panel, pairs, { top, legend })), spacing: SPACING }));
  };
  const knockout: Panel = { title: "knockout: change of the input ÷ its norm", of: ({ cut }) => cut };
  return figure(
    { title: question, subtitle, run },
    {
      vconcat: [
        { vconcat: rowsOf(gains, "gain"), spacing: SPACING },
        ...(pairs.some(isApart) ? rowsOf([[knockout]], "change") : []),
      ],
      spacing: SPACING,
      resolve: { scale: { color: "independent" } },
    },
  );
}

function mapOf(
  { title, of }: Panel,
  pairs: readonly InfluencePair[],
  { top, legend }: { readonly top: number; readonly legend: string },
): FigureSpec {
  const values = pairs.map((pair) => {
    const estimate = of(pair);
    const { value, label } = drawn(estimate);
    return {
      x: pair.from,
      y: pair.to,
      rate: value,
      text: value === null ? "" : signed(value),
      interval: intervalText(estimate),
      spoken: `${title}, latent ${pair.from} on latent ${pair.to}: ${label}`,
    };
  });
  const map = heatMap({
    values,
    columns: [...new Set(values.map(({ x }) => x))].sort((a, b) => a - b),
    rows: [...new Set(values.map(({ y }) => y))],
    xTitle: "latent whose input is moved",
    yTitle: "latent whose input follows",
    legend: [legend],
    width: { step: CELL },
    rowHeight: ROW,
    top,
  });
  return { title: smallTitle(title), ...map };
}

/** The figures of the studies beside the main one: maps of two factors, bars of one. */

import { COLOURS, type FigureSpec, figure, sentencePanel, whereKnown } from "../../exhibits/figure.js";
import { heatMap } from "../../exhibits/heat-map.js";
import { drawn, signed, span } from "../../exhibits/number-text.js";
import { budgetFigure } from "../../studies/budget/figure.js";
import type { LegacyStudy, ShownRun } from "../../studies/finding.js";
import { patchingFigure } from "../../studies/patching/figures.js";
import { brokenFigure } from "../../studies/shared/condition-figure.js";
import type { LensMap } from "../../studies/shared/rows.js";

/** @returns the study's figure, or null for one that is told in words and a table. */
export function studyFigure(study: LegacyStudy, run: ShownRun): FigureSpec | null {
  if (study.figure !== null) return brokenFigure(study, study.figure, run);
  if (study.patching !== undefined) return patchingFigure(study.question, study.patching, run);
  if (study.lens !== null) return lensFigure(study, study.lens, run);
  if (study.name === "subsets" && study.shares !== null) return sharesFigure(study, run);
  if (study.name === "budget") return budgetFigure(study, run);
  return null;
}

function lensFigure(study: LegacyStudy, { cells, problems }: LensMap, run: ShownRun): FigureSpec {
  const values = cells.map(({ position, target, hits, n, rate, chance }) => {
    const { value, low, high } = drawn(rate);
    const interval = low === null || high === null ? "" : span(low, high);
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
  return figure({ title: study.question, subtitle, run }, heatMap(map));
}

function sharesFigure({ question, shares }: LegacyStudy, run: ShownRun): FigureSpec {
  const values = (shares?.values ?? []).map((each, latent) =>
    each.kind === "value"
      ? {
          latent,
          value: each.value,
          low: each.low,
          high: each.high,
          label: signed(each.value),
          spoken: `latent ${latent}: Shapley value ${signed(each.value)} ${span(each.low, each.high)}, n = ${shares?.problems} problems`,
        }
      : { latent, value: null, low: null, high: null, label: "not defined", spoken: `latent ${latent}: not defined` },
  );
  const total =
    shares?.total.kind === "value"
      ? `${signed(shares.total.value)} ${span(shares.total.low, shares.total.high)}`
      : "not defined";
  const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
  const subtitle = [
    "exact Shapley value over all sets of zeroed latents: share of right answers that the latent brings",
    `all together: ${total}; n = ${shares?.problems} problems; rules: 95 % bootstrap intervals over problems`,
  ];
  if (values.every(({ value }) => value === null)) {
    const [why] = (shares?.values ?? []).flatMap((each) => (each.kind === "undefined" ? each.reason : []));
    const text = `the latents' shares are not defined (${why ?? "no latent"})`;
    return figure({ title: question, subtitle, run }, sentencePanel(text, { width: 440, height: 80 }));
  }
  return figure(
    { title: question, subtitle, run },
    {
      width: 440,
      height: 200,
      data: { values },
      layer: [
        {
          mark: { type: "bar", color: COLOURS.blue, width: { band: 0.56 }, invalid: null },
          encoding: {
            x,
            y: { field: "value", type: "quantitative", title: "share of right answers" },
            description: { field: "spoken" },
          },
        },
        ...whereKnown(values, "low", [
          {
            transform: [{ filter: "datum.low !== null" }],
            mark: { type: "rule", aria: false, color: COLOURS.ink, strokeWidth: 1.2 },
            encoding: { x, y: { field: "low", type: "quantitative" }, y2: { field: "high" } },
          },
        ]),
        {
          transform: [{ calculate: "datum.high === null ? 0 : max(datum.high, datum.value)", as: "top" }],
          mark: { type: "text", aria: false, baseline: "bottom", dy: -3 },
          encoding: { x, y: { field: "top", type: "quantitative" }, text: { field: "label" } },
        },
      ],
    },
  );
}

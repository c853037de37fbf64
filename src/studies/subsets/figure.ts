/** The figure of the study `subsets`: what each latent brings to the share of right answers. */

import { COLOURS, type FigureSpec, figure, sentencePanel, whereKnown } from "../../exhibits/figure.js";
import { FEWEST_TO_SAY, show, signed } from "../../exhibits/number-text.js";
import type { ShownRun } from "../finding.js";
import type { LatentShares } from "./shares.js";

/** Bars of Shapley values with intervals; a sentence where none is defined. */
export function sharesFigure(
  shares: LatentShares,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): FigureSpec {
  const values = shares.values.map((each, latent) =>
    each.kind === "value"
      ? {
          latent,
          value: each.value,
          low: each.clusters < FEWEST_TO_SAY ? null : each.low,
          high: each.clusters < FEWEST_TO_SAY ? null : each.high,
          label: signed(each.value),
          spoken: `latent ${latent}: Shapley value ${show(each)}, n = ${shares.problems} problems`,
        }
      : { latent, value: null, low: null, high: null, label: "not defined", spoken: `latent ${latent}: not defined` },
  );
  const total = shares.total.kind === "value" ? show(shares.total) : "not defined";
  const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
  const subtitle = [
    "exact Shapley value over all sets of zeroed latents: share of right answers that the latent brings",
    `all together: ${total}; n = ${shares.problems} problems; rules: 95 % bootstrap intervals over problems`,
  ];
  if (values.every(({ value }) => value === null)) {
    const [why] = shares.values.flatMap((each) => (each.kind === "undefined" ? each.reason : []));
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
          transform: [{ calculate: "max(datum.high || 0, datum.value || 0)", as: "top" }],
          mark: { type: "text", aria: false, baseline: "bottom", dy: -3 },
          encoding: { x, y: { field: "top", type: "quantitative" }, text: { field: "label" } },
        },
      ],
    },
  );
}

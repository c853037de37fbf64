/** Figure 4: correlation of attention and importance at each latent, by layer. */

import type { Summary } from "../summary-types.js";
import { COLOURS, drawn, type FigureSpec, figure } from "./common.js";

/** @returns a panel a layer: r per latent with bootstrap intervals; what is not defined says so. */
export function correlationByPosition(summary: Summary): FigureSpec {
  const panels = summary.correlations.map(({ layer, byLatent }) => {
    const values = byLatent.map(({ latent, r }) => ({ latent: String(latent), ...drawn(r), zero: 0 }));
    const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
    const scale = { domain: [-1, 1] };
    return {
      title: { text: `layer ${layer}`, fontSize: 12, offset: 6 },
      width: 210,
      height: 230,
      data: { values },
      layer: [
        {
          mark: { type: "rule", color: COLOURS.light, strokeWidth: 1.5 },
          encoding: { y: { datum: 0, type: "quantitative", scale } },
        },
        {
          transform: [{ filter: "datum.low !== null" }],
          mark: { type: "rule", color: COLOURS.green, strokeWidth: 1.6 },
          encoding: {
            x,
            y: { field: "low", type: "quantitative", title: "r (attention, importance)", scale },
            y2: { field: "high" },
          },
        },
        {
          transform: [{ filter: "datum.value !== null" }],
          mark: { type: "point", filled: true, size: 60, color: COLOURS.green, opacity: 1 },
          encoding: { x, y: { field: "value", type: "quantitative", scale } },
        },
        {
          transform: [{ filter: "datum.value === null" }],
          mark: { type: "text", angle: 270, fontSize: 10, color: COLOURS.grey },
          encoding: { x, y: { field: "zero", type: "quantitative", scale }, text: { field: "label" } },
        },
      ],
    };
  });
  const n = summary.baseline.correct;
  return figure(
    "Correlation of attention and importance at each latent",
    [`Pearson's r over ${n} problems with a right baseline; bars: 95 % bootstrap over problems (5,000 draws)`],
    {
      hconcat:
        panels.length === 0
          ? [{ mark: "text", data: { values: [{}] }, encoding: { text: { value: "not defined (no layer was read)" } } }]
          : panels,
      spacing: 44,
    },
  );
}

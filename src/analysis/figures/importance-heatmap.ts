/** Figure 2: importance by difficulty and latent. */

import type { Summary } from "../summary-types.js";
import { type FigureSpec, figure } from "./common.js";

/** @returns a heat map with counts in its cells. */
export function importanceHeatmap(summary: Summary): FigureSpec {
  const values = summary.heat.map(({ level, latent, broken, n }) => ({
    level,
    latent: String(latent),
    rate: n === 0 ? null : broken / n,
    text: n === 0 ? "no right answer" : `${broken}/${n}`,
  }));
  const highest = values.reduce((most, { rate }) => Math.max(most, rate ?? 0), 0);
  const top = Math.max(0.1, highest);
  const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
  const y = { field: "level", type: "ordinal", title: "difficulty", sort: summary.levels.map(({ level }) => level) };
  return figure(
    "Importance by difficulty and latent",
    [
      `broken answers of right baseline answers, block ${summary.ablateLayer ?? "?"} zeroed at the latent; n = ${summary.baseline.correct} problems`,
    ],
    {
      width: 460,
      height: 200,
      data: { values },
      layer: [
        {
          mark: { type: "rect", stroke: "white", strokeWidth: 1.5, invalid: null },
          encoding: {
            x,
            y,
            color: {
              field: "rate",
              type: "quantitative",
              title: "share broken",
              scale: { scheme: "blues", domain: [0, top] },
              legend: { format: ".2f", gradientLength: 180 },
            },
          },
        },
        {
          mark: { type: "text", fontSize: 11 },
          encoding: {
            x,
            y,
            text: { field: "text" },
            color: { condition: { test: `datum.rate > ${top * 0.5}`, value: "white" }, value: "#111" },
          },
        },
      ],
    },
  );
}

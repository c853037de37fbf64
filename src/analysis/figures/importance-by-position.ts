/** Figure 1: how often zeroing each latent breaks a right answer. */

import type { Summary } from "../summary-types.js";
import { COLOURS, drawn, type FigureSpec, figure } from "./common.js";

/** @returns bars of rates with Wilson intervals, counts printed. */
export function importanceByPosition(summary: Summary): FigureSpec {
  const values = summary.latents.map(({ latent, broken }) => ({
    latent: String(latent),
    count: `${broken.count} of ${broken.n}`,
    ...drawn(broken.rate),
  }));
  const n = summary.latents[0]?.broken.n ?? 0;
  const highest = values.reduce((most, { high }) => Math.max(most, high ?? 0), 0.1);
  const top = Math.min(1, Math.ceil(highest * 10 + 0.5) / 10);
  const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
  const scale = { domain: [0, top] };
  return figure(
    "Importance of each latent",
    [
      `share of ${n} right baseline answers that break when block ${summary.ablateLayer ?? "?"}'s output is zeroed at the latent`,
      `${summary.baseline.correct} of ${summary.baseline.n} baseline answers right; bars: 95 % Wilson intervals${summary.protocol === "seed" ? "; protocol seed (flawed, see report)" : ""}`,
    ],
    {
      width: 460,
      height: 260,
      data: { values },
      layer: [
        {
          mark: { type: "bar", color: COLOURS.blue, width: { band: 0.62 } },
          encoding: { x, y: { field: "value", type: "quantitative", title: "broken answers (share)", scale } },
        },
        {
          mark: { type: "rule", color: "#111", strokeWidth: 1.4 },
          encoding: { x, y: { field: "low", type: "quantitative", scale }, y2: { field: "high" } },
        },
        {
          mark: { type: "text", dy: -8, fontSize: 11, color: "#111", align: "center" },
          encoding: {
            x,
            y: { field: n === 0 ? "zero" : "high", type: "quantitative", scale },
            text: { field: n === 0 ? "label" : "count" },
          },
          ...(n === 0 ? { transform: [{ calculate: "0", as: "zero" }] } : {}),
        },
      ],
    },
  );
}

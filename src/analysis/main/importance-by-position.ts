/** Figure 1: how often zeroing each latent breaks a right answer. */

import { COLOURS, type FigureSpec, figure, sentencePanel } from "../../exhibits/figure.js";
import { drawn, intervalText, signed } from "../../exhibits/number-text.js";
import type { Summary } from "../summary-types.js";
import { zeroing } from "./by-layer.js";

/** @returns bars of rates with Wilson intervals; counts and intervals are printed. */
export function importanceByPosition(summary: Summary): FigureSpec {
  const { baseline } = summary;
  const values = summary.latents.map(({ latent, broken }) => {
    const { value, low, high, label } = drawn(broken.rate);
    const interval = intervalText(broken.rate) || label;
    const spoken = `latent ${latent}: ${broken.count} of ${broken.n} broken, ${value === null ? "" : `${signed(value)} `}${interval}`;
    return { latent, value, low, high, label: [`${broken.count} of ${broken.n}`, interval], spoken };
  });
  const subtitle = [
    `share of right baseline answers that turn wrong when ${zeroing(summary)}`,
    `baseline: ${baseline.correct} of ${baseline.n} right, ${drawn(baseline.rate).label}; lines and brackets: 95 % Wilson intervals`,
  ];
  const title = "How important is each latent?";
  if (values.every(({ value }) => value === null)) {
    const reason = baseline.n === 0 ? "no problem was answered" : "no baseline answer was right";
    const panel = sentencePanel(`importance is not defined (${reason})`, { width: 440, height: 80 });
    return figure({ title, subtitle, run: summary }, panel);
  }
  // Without an interval the bar is what has to have room.
  const highest = values.reduce((most, { value, high }) => Math.max(most, high ?? value ?? 0), 0.1);
  // Two lines of text stand above the highest interval.
  const scale = { domain: [0, Math.min(1.18, highest * 1.18)], nice: false };
  const ticks = { tickCount: 6, values: tickValues(highest) };
  const x = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };
  return figure(
    { title, subtitle, run: summary },
    {
      width: 440,
      height: 210,
      data: { values },
      layer: [
        {
          mark: { type: "bar", color: COLOURS.blue, width: { band: 0.56 } },
          encoding: {
            x,
            y: { field: "value", type: "quantitative", title: "share of answers broken", scale, axis: ticks },
            description: { field: "spoken" },
          },
        },
        {
          transform: [{ filter: "datum.low !== null" }],
          mark: { type: "rule", aria: false, color: COLOURS.ink, strokeWidth: 1.2 },
          encoding: { x, y: { field: "low", type: "quantitative", scale }, y2: { field: "high" } },
        },
        {
          transform: [{ calculate: "datum.high === null ? datum.value || 0 : datum.high", as: "top" }],
          mark: { type: "text", aria: false, baseline: "bottom", dy: -13, lineHeight: 10 },
          encoding: { x, y: { field: "top", type: "quantitative", scale }, text: { field: "label" } },
        },
      ],
    },
  );
}

/** Ticks in steps of 0.02, 0.05, 0.1 or 0.2, not above 1. */
function tickValues(highest: number): number[] {
  const step = [0.02, 0.05, 0.1].find((each) => highest / each <= 6) ?? 0.2;
  const count = Math.floor(Math.min(1, highest * 1.1) / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toFixed(2)));
}

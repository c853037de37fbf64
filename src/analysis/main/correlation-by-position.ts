/** Figure 4: correlation of attention and importance at each latent, by layer. */

import { COLOURS, type FigureSpec, figure, PANELS, panelRows, sentencePanel } from "../../exhibits/figure.js";
import { correlationOf, drawn, reasonText } from "../../exhibits/number-text.js";
import type { Summary } from "../summary-types.js";
import { byLayer } from "./by-layer.js";

/** With fewer broken (or fewer unbroken) answers than this a correlation hangs on single problems. */
const FEW = 5;
/** Below −1 there is room for the counts, where no interval reaches. */
const SCALE = { domain: [-1.25, 1], nice: false };
const TICKS = { values: [-1, -0.5, 0, 0.5, 1] };
const X = { field: "latent", type: "ordinal", title: "latent", axis: { labelAngle: 0 } };

/** @returns a panel a layer: r per latent with its interval; what is not defined says so. */
export function correlationByPosition(summary: Summary): FigureSpec {
  const n = summary.baseline.correct;
  const counts = new Map(summary.latents.map(({ latent, broken }) => [latent, broken]));
  const panels = byLayer(summary).map((correlation, place) => panel(correlation, counts, place % PANELS.columns === 0));
  const subtitle = [
    `Pearson's r of attention from EOT and broken (0/1) over n = ${n} problems with a right baseline, one latent at a time`,
    `bars: 95 % intervals over problems (bootstrap of ${thousands(summary.bootstrap.draws)} draws, no shorter than by permutation)`,
    `small numbers: broken answers; hollow: fewer than ${FEW} broken, or fewer than ${FEW} not broken, so not to be relied on`,
  ];
  return figure(
    { title: "Does attention to a latent go with its importance, latent by latent?", subtitle, run: summary },
    panelRows(panels),
  );
}

function panel(
  { layer, byLatent: given }: Summary["correlations"][number],
  counts: ReadonlyMap<number, { readonly count: number; readonly n: number }>,
  first: boolean,
): FigureSpec {
  const title = { text: `layer ${layer}`, fontSize: 9, offset: 6 };
  const byLatent = given.map(({ latent, r }) => {
    const { count, n } = counts.get(latent) ?? { count: 0, n: 0 };
    return { latent, r: correlationOf(r, n), count, n };
  });
  const values = byLatent.map(({ latent, r, count, n }) => {
    const { value, low, high, label } = drawn(r);
    const few = Math.min(count, n - count) < FEW;
    const spoken = `layer ${layer}, latent ${latent}: r ${label}, ${count} of ${n} broken${few ? ", too few to rely on" : ""}`;
    return { latent, value, low, high, label: label.split(/ (?=\()/), count, few, spoken };
  });
  const yTitle = first ? "r (attention, broken)" : null;
  const reasons = new Set(byLatent.map(({ r }) => (r.kind === "undefined" ? r.reason : null)));
  const [reason] = reasons;
  // One sentence says it better than the same reason six times over.
  if (reasons.size === 1 && reason !== null)
    return { ...sentencePanel(`r: ${reasonText(reason ?? "no latent")}`), title };
  return {
    title,
    width: PANELS.width,
    height: PANELS.height,
    data: { values },
    layer: [
      {
        mark: { type: "rule", aria: false, color: COLOURS.light, strokeWidth: 1.2 },
        encoding: { y: { datum: 0, type: "quantitative", scale: SCALE } },
      },
      {
        transform: [{ filter: "datum.low !== null" }],
        mark: { type: "rule", aria: false, color: COLOURS.green, strokeWidth: 1.4 },
        encoding: {
          x: X,
          y: { field: "low", type: "quantitative", title: yTitle, scale: SCALE, axis: TICKS },
          y2: { field: "high" },
        },
      },
      {
        transform: [{ filter: "datum.value !== null" }],
        mark: { type: "point", size: 34, strokeWidth: 1.2, opacity: 1, filled: true, stroke: COLOURS.green },
        encoding: {
          x: X,
          y: { field: "value", type: "quantitative", scale: SCALE },
          description: { field: "spoken" },
          fill: { condition: { test: "datum.few", value: "white" }, value: COLOURS.green },
        },
      },
      {
        transform: [{ filter: "datum.value === null" }],
        mark: { type: "text", angle: 270, fontSize: 7, lineHeight: 8.5, dy: -4, color: COLOURS.grey },
        encoding: {
          x: X,
          y: { datum: 0, type: "quantitative", scale: SCALE },
          text: { field: "label" },
          description: { field: "spoken" },
        },
      },
      {
        mark: { type: "text", aria: false, fontSize: 7, color: COLOURS.grey, baseline: "bottom", dy: -2 },
        encoding: { x: X, y: { datum: -1.25, type: "quantitative", scale: SCALE }, text: { field: "count" } },
      },
    ],
  };
}

/** 5,000 for 5000, whatever the locale. */
function thousands(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

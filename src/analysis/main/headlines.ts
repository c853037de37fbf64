/** The main study's two headlines: how much the latents matter, and whether attention tells. */

import {
  besideText,
  firstRows,
  type Headline,
  type HeadlineRow,
  rateText,
  shortSentence,
} from "../../exhibits/headline.js";
import { correlationOf, FEWEST_TO_SAY, show, small, TOO_FEW } from "../../exhibits/number-text.js";
import { type Side, sideOf } from "../../exhibits/side.js";
import type { Estimate, Rate } from "../../statistics/estimate.js";
import { isRandomDirection } from "../../studies/finding.js";
import type { Summary } from "../summary-types.js";
import { byLayer } from "./by-layer.js";
import { isNextToNothing } from "./next-to-nothing.js";

/** @returns null where no baseline answer was right, or no latent was zeroed. */
export function importanceHeadline({ latents, studies }: Summary): Headline | null {
  const controlOf = (latent: number): Rate | null => {
    const all = studies.flatMap(({ conditions }) => conditions);
    const found = all.find((each) => each.factors["latent"] === latent && isRandomDirection(each));
    return found?.broken ?? null;
  };
  const rated = latents.filter(({ broken }) => broken.rate.kind === "value");
  const [most] = [...rated].sort((a, b) => b.broken.count - a.broken.count);
  if (most === undefined) return null;
  const control = controlOf(most.latent);
  const equal = rated.filter(({ broken }) => broken.count === most.broken.count).length;
  const start =
    most.broken.count === 0
      ? `Zeroing any one latent breaks ${rateText(most.broken)}`
      : `Zeroing latent ${most.latent} breaks ${rateText(most.broken)}`;
  const rank = equal === 1 ? ", the most of all latents" : "";
  return {
    sentence: shortSentence([
      control === null
        ? `${start}${rank}; no control was run.`
        : `${start}; a random direction of the same norm breaks ${besideText(control)}.`,
    ]),
    unit: "share of answers broken",
    rows: firstRows(
      rated.map(({ latent, broken }): HeadlineRow => {
        return { label: `latent ${latent}`, own: broken.rate, control: controlOf(latent)?.rate ?? null };
      }),
    ),
    rank: 1,
    about: `latent ${most.latent}`,
  };
}

const LINK: Readonly<Record<Side, string>> = {
  above: "goes with",
  below: "goes against",
  unshown: "is not shown to predict",
};

/**
 * The layer with the largest r within position, of those at which one is found where there are any; pooled r, which mixes place and
 * attention, stands as its control. Found is what both its interval and its corrected p bear out.
 */
export function attentionHeadline(summary: Summary): Headline | null {
  const problems = summary.baseline.correct;
  const layers = byLayer(summary);
  if (layers.length === 0) return null;
  const rank = 2;
  const unit = "r within position; hollow: over all rows";
  if (problems < FEWEST_TO_SAY)
    return { sentence: `Whether attention predicts importance: ${TOO_FEW} (n = ${problems}).`, unit, rows: [], rank };
  const rows = layers.map(({ layer, withinPosition, pooled }) => ({
    label: `layer ${layer}`,
    own: correlationOf(withinPosition, problems),
    control: correlationOf(pooled, problems),
  }));
  const size = ({ withinPosition: r }: (typeof layers)[number]): number =>
    r.kind === "value" ? Math.abs(r.value) : -1;
  const found = layers.filter((each) => foundSide(each) !== "unshown");
  const [top] = [...(found.length === 0 ? layers : found)].sort((a, b) => size(b) - size(a));
  if (top === undefined || top.withinPosition.kind === "undefined")
    return { sentence: "Whether attention predicts importance is not defined at any layer.", unit, rows, rank };
  const { layer, withinPosition, pooled, medianAttention } = top;
  const within = (r: Estimate): string => `within position r = ${show(r)}`;
  const sentence = isNextToNothing(medianAttention)
    ? `Attention is next to nothing at layer ${layer} (median ${small(medianAttention ?? 0)}); ${within(withinPosition)}, n = ${problems}; pooled ${show(pooled)}.`
    : `Attention ${LINK[foundSide(top)]} importance: ${within(withinPosition)} (layer ${layer}, n = ${problems}); pooled r = ${show(pooled)}.`;
  return { sentence: shortSentence([sentence]), unit, rows: firstRows(rows), rank, about: `layer ${layer}` };
}

function foundSide({ withinPosition, withinPositionHolm: p }: Summary["correlations"][number]): Side {
  return p.kind === "value" && p.p < 0.05 ? sideOf(withinPosition) : "unshown";
}

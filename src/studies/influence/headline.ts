/** What influence comes to: how far a step is carried to the next latent, and to later ones. */

import { firstRows, type Headline, shortSentence, valueText } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { strongestPair, sizeOf } from "./sentence.js";
import type { InfluenceSummary } from "./summary.js";

const RANK = 9;

/** @returns null where nothing was read. */
export function influenceHeadline(summary: InfluenceSummary): Headline | null {
  const { pairs, problems } = summary;
  if (strongestPair(summary) === null) return null;
  const rows = [...pairs]
    .sort((a, b) => sizeOf(b.total.mean) - sizeOf(a.total.mean))
    .map(({ to, from, total, direct }) => ({
      label: `latent ${from} on latent ${to}`,
      own: total.mean,
      // Between neighbours nothing is held.
      control: to === from + 1 ? null : direct.mean,
    }));
  return {
    sentence: sentenceOf(summary, `n = ${problems}`),
    unit: "gain: 1 passes a step on at its length; beside it, keys and values alone",
    rows: firstRows(rows),
    rank: RANK,
  };
}

function sentenceOf({ problems, neighbours, apart }: InfluenceSummary, n: string): string {
  if (problems < FEWEST_TO_SAY) return `How much one latent moves another: ${TOO_FEW} (${n}).`;
  if (sizeOf(neighbours) === 0 && sizeOf(apart.total) <= 0)
    return `No latent's input moves a later one's: every derivative is 0 (${n}).`;
  const start = `A latent's input moves the next one's at a gain of ${show(neighbours)}`;
  return shortSentence([
    `${start}, later ones' at ${show(apart.total)}, by keys and values alone at ${valueText(apart.direct)}, ${n}.`,
    `${start}, later ones' at ${show(apart.total)}, ${n}.`,
    `${start}, ${n}.`,
  ]);
}

/** What influence comes to: how far a step is carried to the next latent, and to later ones. */

import { firstRows, type Headline, shortSentence, valueText } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { sizeOf, strongestPair } from "./sentence.js";
import { type InfluenceSummary, isApart } from "./summary.js";

const RANK = 9;

/** @returns null where nothing was read. */
export function influenceHeadline(summary: InfluenceSummary): Headline | null {
  const { pairs, problems } = summary;
  if (strongestPair(summary) === null) return null;
  const rows = [...pairs]
    .sort((a, b) => sizeOf(b.total.largest) - sizeOf(a.total.largest))
    .map(({ to, from, total, direct }) => ({
      label: `latent ${from} on latent ${to}`,
      own: total.largest,
      // Between neighbours nothing is held.
      control: isApart({ to, from }) ? direct.largest : null,
    }));
  return {
    sentence: sentenceOf(summary, `n = ${problems}`),
    unit: "largest gain of a small step; beside it, through keys and values alone",
    rows: firstRows(rows),
    rank: RANK,
  };
}

function sentenceOf({ problems, neighbours, apart }: InfluenceSummary, n: string): string {
  if (problems < FEWEST_TO_SAY) return `How much one latent moves another: ${TOO_FEW} (${n}).`;
  if (sizeOf(neighbours.largest) === 0 && sizeOf(apart.total.largest) <= 0)
    return `No latent's input moves a later one's: every derivative is 0 (${n}).`;
  const start = `A step at a latent's input moves the next one's by up to ${show(neighbours.largest)} of its length`;
  return shortSentence([`${start}, later ones' by ${valueText(apart.total.largest)}, ${n}.`, `${start}, ${n}.`]);
}

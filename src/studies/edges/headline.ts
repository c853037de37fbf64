/** What edges come to: how few of them keep the answer, beside as many at random. */

import { firstRows, type Headline, shortSentence, valueText } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, TOO_FEW } from "../../exhibits/number-text.js";
import { percent, smallestEnough } from "./sentence.js";
import type { EdgesSummary } from "./summary.js";

const RANK = 10;

/** @returns null where no circuit was run. */
export function edgesHeadline({ circuits }: EdgesSummary): Headline | null {
  const shown = circuits === null ? undefined : (smallestEnough(circuits.sizes) ?? circuits.sizes.at(-1));
  if (circuits === null || shown === undefined) return null;
  const { pairs, sizes } = circuits;
  const own = valueText(shown.kept);
  const random = valueText(shown.random);
  return {
    sentence:
      pairs < FEWEST_TO_SAY
        ? `How few edges keep the answer: ${TOO_FEW} (n = ${pairs} pairs).`
        : shortSentence([
            `The strongest ${percent(shown.share)} of edges keep ${own} of the logit difference, as many at random ${random}, n = ${pairs} pairs.`,
            `The strongest ${percent(shown.share)} of edges keep ${own}, random ones ${random}, n = ${pairs}.`,
          ]),
    unit: "logit difference that a circuit keeps: 1 all; control: as many random edges",
    rows: firstRows(
      sizes.map(({ share, kept, random: control }) => ({
        label: `${percent(share)} of edges`,
        own: kept,
        control,
      })),
    ),
    rank: RANK,
  };
}

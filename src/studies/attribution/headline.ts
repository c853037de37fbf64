/** What attribution comes to: how far one backward pass and the patches agree. */

import { firstRows, type Headline, shortSentence, valueText } from "../../exhibits/headline.js";
import { correlationOf, FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { SITE_NAMES } from "./names.js";
import type { AttributionSummary } from "./summary.js";

const RANK = 9;

/** @returns null where nothing was predicted. */
export function attributionHeadline({ pairs, predicted, groups, top }: AttributionSummary): Headline | null {
  const all = groups.find(({ by }) => by === "all")?.agreement;
  if (all === undefined || pairs === 0) return null;
  const n = `n = ${pairs === predicted ? "" : `${pairs} of `}${predicted} pairs`;
  const own = show(all.gradient.r);
  const sites = groups.filter(({ by }) => by === "all" || by === "site");
  return {
    sentence:
      pairs < FEWEST_TO_SAY
        ? `Whether one backward pass tells what patches do: ${TOO_FEW} (${n}).`
        : shortSentence([
            `One backward pass predicts what patches do with r = ${own}, and ${valueText(top.gradient)} of the strongest 20, ${n}.`,
            `One backward pass predicts what patches do with r = ${own}, ${n}.`,
          ]),
    unit: "r of predicted and patched effects; control: integrated gradients",
    rows: firstRows(
      sites.map(({ name, agreement }) => ({
        label: SITE_NAMES[name] ?? name,
        own: correlationOf(agreement.gradient.r, pairs),
        control: correlationOf(agreement.integrated.r, pairs),
      })),
    ),
    rank: RANK,
  };
}

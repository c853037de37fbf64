/** What subsets comes to: the latent with the largest share, and whether that is shown. */

import { firstRows, type Headline, ofClusters, shortSentence, valueText } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import type { StudyCondition } from "../finding.js";
import { conditionHeadline } from "../shared/condition-headline.js";
import type { LatentShares } from "./shares.js";

const RANK = 5;

/** @param shares null where not every set was run. */
export function subsetsHeadline(shares: LatentShares | null, conditions: readonly StudyCondition[]): Headline | null {
  if (shares === null) return conditionHeadline(conditions, RANK);
  const rows = shares.values.map((each, latent) => ({
    label: `latent ${latent}`,
    own: ofClusters(each),
    control: null,
  }));
  const value = ({ own }: (typeof rows)[number]): number =>
    own.kind === "value" ? own.value : Number.NEGATIVE_INFINITY;
  const [most] = [...rows].sort((a, b) => value(b) - value(a));
  if (most?.own.kind !== "value")
    return { sentence: "The latents' shares are not defined.", unit: "", rows: [], rank: RANK };
  const [control] = conditions.filter(({ isControl }) => isControl);
  const beside =
    control === undefined ? "" : `; ${control.factors["control"]} break ${control.broken.count} of ${control.broken.n}`;
  const n = `n = ${shares.problems}`;
  const share = `Shapley share ${show(most.own)} of ${valueText(ofClusters(shares.total))} right`;
  return {
    sentence:
      shares.problems < FEWEST_TO_SAY
        ? `Which latent brings most: ${TOO_FEW} (${n}).`
        : sideOf(most.own) === "above"
          ? shortSentence([
              `${capital(most.label)} brings most: ${share}, ${n}${beside}.`,
              `${capital(most.label)} brings most: ${share}, ${n}.`,
            ])
          : `No latent is shown to bring right answers: the largest ${share} (${most.label}), ${n}.`,
    unit: "share of right answers",
    rows: firstRows(rows),
    rank: RANK,
    about: most.label,
  };
}

/** The latent of a row. */
export function latentOf(label: string): number {
  return Number(label.replace("latent ", ""));
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

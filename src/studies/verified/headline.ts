/** What the study `verified` comes to: how often the chain that was read is the solution's, against another problem's latents. */

import { firstRows, type Headline, shareText, shortSentence } from "../../exhibits/headline.js";
import type { BesideOthers, VerifiedSummary } from "./summary.js";
import { choicesText, problemsText } from "./words.js";

const RANK = 8;

/** @returns null where nothing was read. */
export function verifiedHeadline({ levels }: VerifiedSummary): Headline | null {
  const [first] = levels;
  if (first === undefined) return null;
  const isCompared = first.same.own.n > 0;
  const told = isCompared ? first.same : first.found;
  const start = isCompared
    ? "The steps read from the latents are the solution's"
    : "Steps that end in the answer are read from the latents";
  const { own, other } = told;
  const control =
    other === null ? [] : [`; from another problem's: ${shareText(other.rate)}`, `; another problem's: ${other.count}`];
  return {
    sentence: shortSentence([...control, ""].map((end) => `${start} in ${problemsText(own)}${end}.`)),
    unit: isCompared ? "share with the solution's chain" : "share with a chain",
    rows: firstRows(
      levels.map(({ choices, found, same }) => {
        const { own: mine, other: theirs }: BesideOthers = isCompared ? same : found;
        return { label: choicesText(choices), own: mine.rate, control: theirs?.rate ?? null };
      }),
    ),
    rank: RANK,
  };
}

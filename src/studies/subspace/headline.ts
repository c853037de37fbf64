/** What the study comes to: how few directions move the answer, against random ones. */

import { firstRows, type Headline, shortSentence } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { type SubspaceSummary, tellingRank } from "./summary.js";
import { directions } from "./words.js";

const RANK = 8;
/** Key of the row of the whole state. */
export const WHOLE_ROW = "whole state";

/** @returns null where no pair was exchanged. */
export function subspaceHeadline(summary: SubspaceSummary): Headline | null {
  const { whole, ranks, pairs } = summary;
  const told = tellingRank(summary);
  if (whole === null || told === null) return untrained(summary);
  const { rank, trained, random } = told;
  const start = `Exchanged between two runs, ${directions(rank)} ${rank === 1 ? "moves" : "move"} ${trained.moved.count} of ${pairs} held-out answers (${show(trained.moved.rate)})`;
  return {
    sentence:
      pairs < FEWEST_TO_SAY
        ? `Which directions carry the value: ${TOO_FEW} (n = ${pairs}).`
        : shortSentence([
            `${start}, the whole state ${whole.moved.count}, random directions ${random.moved.count}.`,
            `${start}; random directions: ${random.moved.count}.`,
          ]),
    unit: "share of answers that become the other run's; control: random directions",
    rows: firstRows([
      ...ranks.map((each) => ({
        label: directions(each.rank),
        own: each.trained.moved.rate,
        control: each.random.moved.rate,
      })),
      { label: WHOLE_ROW, own: whole.moved.rate, control: null },
    ]),
    rank: RANK,
    about: directions(rank),
  };
}

/** Too few pairs to train directions on: what the whole state does is all there is. */
function untrained({ blocks, reason }: SubspaceSummary): Headline | null {
  const rows = blocks.map(({ block, moved }) => ({
    label: `${WHOLE_ROW}, block ${block}`,
    own: moved.rate,
    control: null,
  }));
  if (rows.length === 0) return null;
  return {
    sentence: shortSentence([
      `Which directions carry the value is not said: ${reason}.`,
      "Which directions carry the value is not said: none were trained.",
    ]),
    unit: "share of answers that become the other run's",
    rows: firstRows(rows),
    rank: RANK,
  };
}

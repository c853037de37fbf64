/** Which directions carry the value, in words. */

import { rateText, shareText } from "../../exhibits/headline.js";
import { counted } from "../../exhibits/number-text.js";
import { type Exchange, NEARLY_ALL, type SubspaceSummary, tellingRank } from "./summary.js";
import { blocksText, directions } from "./words.js";

/** The answer in words, with the controls beside it. */
export function subspaceSentence(summary: SubspaceSummary): string {
  const { pairs, dropped, reason, whole, width } = summary;
  const lost = dropped.reduce((sum, { count }) => sum + count, 0);
  const why = dropped.map(({ reason: each, count }) => `${count}: ${each}`).join("; ");
  const left = lost === 0 ? [] : [`${counted(lost, "problem")} dropped (${why}).`];
  const told = tellingRank(summary);
  if (whole === null || told === null) return [`No directions were trained: ${reason}.`, ...left].join(" ");
  const { rank, trained, principal, random, other, ofWhole } = told;
  const isEnough = ofWhole.kind === "value" && ofWhole.value >= NEARLY_ALL;
  return [
    `Exchanged at BOT and all latents after ${blocksText(summary)}, the whole state of ${width} numbers makes ${rateText(whole.moved)} held-out answers the other run's.`,
    `Its component in ${directions(rank)} that ${rank === 1 ? "was" : "were"} trained on other problems makes ${rateText(trained.moved)}: ${shareText(ofWhole)} of what the whole state moves${isEnough ? ` (the fewest directions with ${NEARLY_ALL} or more)` : ", and no number of directions that was tried moves more"}.`,
    `Controls: ${counts(random)} in ${directions(rank)} drawn at random, ${counts(principal)} in as many principal components, ${counts(other)} in the trained ones where the head names the same in both runs.`,
    `n = ${counted(pairs, "pair")} of a question and the same with one number changed.`,
    ...left,
  ].join(" ");
}

function counts({ moved: { count, n } }: Exchange): string {
  return n === 0 ? "none to measure" : `${count} of ${n}`;
}

/** How much one latent moves another, in words. */

import { valueText } from "../../exhibits/headline.js";
import { counted, FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { type InfluencePair, type InfluenceSummary, isApart } from "./summary.js";

/** The answer in words, with the direct path beside it. */
export function influenceSentence(summary: InfluenceSummary): string {
  const { problems, neighbours, leading, agreement, pairs } = summary;
  const most = strongestPair(summary);
  const n = `n = ${counted(problems, "problem")}`;
  if (most === null || sizeOf(most.total.largest) === 0)
    return `No latent's input moves a later one's: every derivative is 0 (${n}).`;
  if (problems < FEWEST_TO_SAY)
    return `A small step at a latent's input moves the next latent's input by up to ${valueText(neighbours.largest)} of the step's length: ${TOO_FEW} (${n}).`;
  return [
    `A small step at a latent's input moves the next latent's input by up to ${show(neighbours.largest)} of the step's length (spectral norm; Frobenius norm ${show(neighbours.all)}; means over neighbours, ${n}).`,
    `One direction makes ${show(leading)} of the Frobenius norm's square.`,
    ...apartSentences(summary),
    `Of ${counted(pairs.length, "pair")} latent ${most.from} moves latent ${most.to} most: up to ${show(most.total.largest)} (picked, so exploratory).`,
    ...(agreement.kind === "value"
      ? [
          `Over a problem's pairs, the direct Frobenius norm and the change under a knockout correlate at r = ${show(agreement)}, on average.`,
        ]
      : []),
  ].join(" ");
}

function apartSentences({ apart: { total, direct }, pairs }: InfluenceSummary): string[] {
  if (!pairs.some(isApart)) return [];
  return [
    `Latents further on move by up to ${show(total.largest)} (Frobenius norm ${show(total.all)}).`,
    `With the inputs of the latents between held, so through keys and values alone, it is ${show(direct.largest)} (${show(direct.all)}).`,
  ];
}

/** The pair with the largest total gain in one direction; null where there is none. */
export function strongestPair({ pairs }: InfluenceSummary): InfluencePair | null {
  return pairs.reduce<InfluencePair | null>(
    (most, pair) => (most === null || sizeOf(pair.total.largest) > sizeOf(most.total.largest) ? pair : most),
    null,
  );
}

/** Below every number where there is none. */
export function sizeOf(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : Number.NEGATIVE_INFINITY;
}

/** How much one latent moves another, in words. */

import { counted, show } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { InfluencePair, InfluenceSummary } from "./summary.js";

/** The answer in words, with the direct path beside it. */
export function influenceSentence(summary: InfluenceSummary): string {
  const { problems, neighbours, apart, agreement, pairs } = summary;
  const most = strongestPair(summary);
  const n = `n = ${counted(problems, "problem")}`;
  if (most === null || sizeOf(most.total.largest) === 0)
    return `No latent's input moves a later one's: every derivative is 0 (${n}).`;
  const isFar = pairs.some(({ to, from }) => to > from + 1);
  return [
    `A small step at a latent's input moves the next latent's input by ${show(neighbours)} of its length, root mean square over directions (${n}).`,
    ...(isFar
      ? [
          `Latents further on move by ${show(apart.total)}. With the inputs between held, they move by ${show(apart.direct)}, through keys and values alone.`,
        ]
      : []),
    `Of ${counted(pairs.length, "pair")} the largest gain in any direction is that of latent ${most.from} on latent ${most.to}: ${show(most.total.largest)} (picked, so exploratory).`,
    ...(agreement.kind === "value"
      ? [
          `Where the direct gain is larger, cutting what the position before a latent reads of the other changes its input ${agreement.value < 0 ? "less" : "more"}: r = ${show(agreement)} over the pairs of a problem.`,
        ]
      : []),
  ].join(" ");
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

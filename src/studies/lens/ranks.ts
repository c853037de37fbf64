/** Where the value of a step stands among the head's choices, over problems. */

import type { Estimate } from "../../statistics/estimate.js";
import { wilson } from "../../statistics/proportion-interval.js";

/** One layer, position and step. */
export interface RankSummary {
  /** Problems whose step is one token, and those in which that token is the first choice. */
  readonly n: number;
  readonly first: number;
  readonly rate: Estimate;
  readonly medianRank: number | null;
  /** Nats. */
  readonly medianLogProb: number | null;
}

/** @param ranks 1 for the first choice, a problem each, as `logProbs`. */
export function rankSummary(ranks: readonly number[], logProbs: readonly number[]): RankSummary {
  const first = firstChoices(ranks);
  return {
    n: ranks.length,
    first,
    rate: wilson(first, ranks.length),
    medianRank: median(ranks),
    medianLogProb: median(logProbs),
  };
}

/** How many ranks are 1. */
export function firstChoices(ranks: readonly number[]): number {
  return ranks.filter((rank) => rank === 1).length;
}

/** Null of nothing. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

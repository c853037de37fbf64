/** What circuits keep, over pairs: beside random sets, without their edges, and by level. */

import { range } from "../../base/range.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { mean } from "../../statistics/pearson.js";
import type { KeptCircuits } from "./record.js";

/** Circuits of one size. Of the question's logit difference 1 is all, and 0 what the counterfactual has. */
export interface CircuitSize {
  /** Edges, as a mean over pairs. */
  readonly edges: number;
  /** Of all edges. */
  readonly share: number;
  /** What the strongest so many edges keep, and all others without them. */
  readonly kept: Estimate;
  readonly without: Estimate;
  /** The same of as many edges drawn at random: mean over a pair's draws. */
  readonly random: Estimate;
  readonly withoutRandom: Estimate;
  /** Of all draws of all pairs, the one that keeps most. */
  readonly randomMost: number;
  /** Pairs whose circuit keeps more than each of its random sets. */
  readonly ahead: number;
  readonly levels: readonly { readonly level: string; readonly kept: Estimate }[];
}

/** Circuits of all pairs. */
export interface CircuitsSummary {
  readonly pairs: number;
  /** Random sets of each size, in all pairs together. */
  readonly draws: number;
  readonly sizes: readonly CircuitSize[];
  /** Of the smallest circuit of each pair that keeps 0.9: how many pairs have one, and what is lost without each tenth of its edges, the strongest first. */
  readonly tenths: { readonly pairs: number; readonly lost: readonly Estimate[]; readonly needed: Estimate } | null;
  /** The largest distance from 0 without any edge, and from 1 with all: rounding. */
  readonly rounding: number;
}

/** A tenth that loses less is not needed. */
export const NEEDED = 0.01;

/** One pair. */
export interface LevelledCircuits {
  readonly level: string;
  readonly circuits: KeptCircuits;
}

/** @returns null without a pair. */
export function circuitsSummary(pairs: readonly LevelledCircuits[], seed: number): CircuitsSummary | null {
  const [first] = pairs;
  if (first === undefined) return null;
  const all = pairs.map(({ circuits }) => circuits);
  const tenths = all.flatMap((each) => each.tenths ?? []);
  const over = (values: readonly number[]): Estimate => meanEstimate(values, seed);
  return {
    pairs: pairs.length,
    draws: all.reduce((sum, { sizes }) => sum + (sizes[0]?.random.length ?? 0), 0),
    sizes: first.circuits.sizes.map((_, i) => sizeOf(pairs, { i, over })),
    tenths:
      tenths.length === 0
        ? null
        : {
            pairs: tenths.length,
            lost: range(tenths[0]?.lost.length ?? 0).map((tenth) => over(tenths.map(({ lost }) => lost[tenth] ?? 0))),
            needed: over(tenths.map(({ lost }) => lost.filter((value) => Math.abs(value) >= NEEDED).length)),
          },
    rounding: Math.max(...all.flatMap(({ none, all: whole }) => [Math.abs(none), Math.abs(whole - 1)])),
  };
}

function sizeOf(
  pairs: readonly LevelledCircuits[],
  { i, over }: { readonly i: number; readonly over: (values: readonly number[]) => Estimate },
): CircuitSize {
  const mine = pairs.flatMap(({ level, circuits }) => {
    const size = circuits.sizes[i];
    return size === undefined ? [] : [{ level, all: circuits.edges, ...size }];
  });
  const levels = [...new Set(mine.map(({ level }) => level))].sort();
  return {
    edges: Math.round(mean(mine.map(({ edges }) => edges))),
    share: mean(mine.map(({ edges, all }) => edges / all)),
    kept: over(mine.map(({ kept }) => kept)),
    without: over(mine.map((each) => each.without)),
    random: over(mine.map(({ random }) => mean(random))),
    withoutRandom: over(mine.map(({ withoutRandom }) => mean(withoutRandom))),
    randomMost: Math.max(...mine.flatMap(({ random }) => random)),
    ahead: mine.filter(({ kept, random }) => random.every((value) => value < kept)).length,
    levels: levels.map((level) => ({
      level,
      kept: over(mine.filter((each) => each.level === level).map(({ kept }) => kept)),
    })),
  };
}

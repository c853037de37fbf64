/** Gains between latents over all problems. */

import { range } from "../../base/range.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { pearson } from "../../statistics/pearson.js";
import type { Influence, PairMap } from "./record.js";

/** How far a step of length 1 at one latent's input moves a later latent's input. */
export interface Gains {
  /** Root mean square over all directions: ‖J‖ of Frobenius over the root of the width. */
  readonly mean: Estimate;
  /** In the direction that moves it most: the spectral norm. */
  readonly largest: Estimate;
}

/** One pair of latents over all problems. */
export interface InfluencePair {
  readonly to: number;
  readonly from: number;
  readonly total: Gains;
  readonly direct: Gains;
  /** Relative change of the input when the position before it cannot read `from`; not defined for neighbours. */
  readonly cut: Estimate;
}

/** The study. */
export interface InfluenceSummary {
  readonly problems: number;
  readonly latents: number;
  readonly how: Influence["how"];
  readonly pairs: readonly InfluencePair[];
  /** Each problem's mean of the mean gains: of neighbours, and of pairs further apart, in total and by the direct path. */
  readonly neighbours: Estimate;
  readonly apart: { readonly total: Estimate; readonly direct: Estimate };
  /** Correlation over a problem's pairs of the direct mean gain with what cutting attention changes, mean over problems. */
  readonly agreement: Estimate;
}

/** @returns null where no record holds derivatives. */
export function influenceSummary(all: readonly Influence[], seed: number): InfluenceSummary | null {
  const [first] = all;
  if (first === undefined) return null;
  const latents = first.cut.length;
  const over = (of: (one: Influence) => number | null): Estimate =>
    meanEstimate(
      all.flatMap((one) => of(one) ?? []),
      seed,
    );
  const gains = (path: "total" | "direct", to: number, from: number): Gains => ({
    mean: over((one) => meanGain(one, path, { to, from })),
    largest: over((one) => one[path].spectral[to]?.[from] ?? null),
  });
  const pairs = range(latents).flatMap((to) => range(to).map((from) => ({ to, from })));
  const averaged = (path: "total" | "direct", has: (pair: { to: number; from: number }) => boolean): Estimate =>
    over((one) => averageOf(pairs.filter(has).flatMap((pair) => meanGain(one, path, pair) ?? [])));
  const isApart = ({ to, from }: { to: number; from: number }): boolean => to > from + 1;
  return {
    problems: all.length,
    latents,
    how: first.how,
    pairs: pairs.map(({ to, from }) => ({
      to,
      from,
      total: gains("total", to, from),
      direct: gains("direct", to, from),
      cut: over((one) => one.cut[to]?.[from] ?? null),
    })),
    neighbours: averaged("total", (pair) => !isApart(pair)),
    apart: { total: averaged("total", isApart), direct: averaged("direct", isApart) },
    agreement: over((one) => agreementOf(one, pairs.filter(isApart))),
  };
}

/** Root mean square of ‖Jv‖ over directions v of length 1. */
function meanGain(
  one: Influence,
  path: "total" | "direct",
  { to, from }: { readonly to: number; readonly from: number },
): number | null {
  const norm = one[path].frobenius[to]?.[from] ?? null;
  return norm === null ? null : norm / Math.sqrt(one.width);
}

function averageOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function agreementOf(one: Influence, pairs: readonly { readonly to: number; readonly from: number }[]): number | null {
  const at = (map: PairMap): number[] => pairs.map(({ to, from }) => map[to]?.[from] ?? 0);
  const found = pearson(at(one.direct.frobenius), at(one.cut));
  return found.kind === "value" ? found.r : null;
}

/** Gains between latents over all problems. */

import { range } from "../../base/range.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { pearson } from "../../statistics/pearson.js";
import type { Influence, PairMap } from "./record.js";

/** How far a step of length 1 at one latent's input moves a later latent's input. */
export interface Gains {
  /** In the direction that moves it most: the spectral norm. */
  readonly largest: Estimate;
  /** In all directions, root of the sum of squares: the Frobenius norm, which is the spectral one where a single direction moves anything. */
  readonly all: Estimate;
}

type Path = "total" | "direct";
interface Pair {
  readonly to: number;
  readonly from: number;
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
  /** Each problem's mean over pairs: neighbours, and latents further apart, in total and by the direct path. */
  readonly neighbours: Gains;
  readonly apart: { readonly total: Gains; readonly direct: Gains };
  /** Share of the squared Frobenius norm that the strongest direction has, mean over neighbours. */
  readonly leading: Estimate;
  /** Correlation over a problem's pairs of the direct gain (Frobenius) with what cutting attention changes, mean over problems. */
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
  const gains = (of: (norms: PairMap) => number | null, path: Path): Gains => ({
    largest: over((one) => of(one[path].spectral)),
    all: over((one) => of(one[path].frobenius)),
  });
  const pairs = range(latents).flatMap((to) => range(to).map((from): Pair => ({ to, from })));
  const averaged = (path: Path, among: readonly Pair[]): Gains =>
    gains((norms) => averageOf(among.flatMap(({ to, from }) => norms[to]?.[from] ?? [])), path);
  const neighbours = pairs.filter((pair) => !isApart(pair));
  const apart = pairs.filter(isApart);
  return {
    problems: all.length,
    latents,
    how: first.how,
    pairs: pairs.map(({ to, from }) => ({
      to,
      from,
      total: gains((norms) => norms[to]?.[from] ?? null, "total"),
      direct: gains((norms) => norms[to]?.[from] ?? null, "direct"),
      cut: over((one) => one.cut[to]?.[from] ?? null),
    })),
    neighbours: averaged("total", neighbours),
    apart: { total: averaged("total", apart), direct: averaged("direct", apart) },
    leading: over((one) => averageOf(neighbours.flatMap((pair) => leadingShare(one, pair) ?? []))),
    agreement: over((one) => agreementOf(one, apart)),
  };
}

/** Is there a latent between the two? */
export function isApart({ to, from }: Pair): boolean {
  return to > from + 1;
}

/** The strongest direction's share of all squares; null where nothing moves. */
function leadingShare({ total }: Influence, { to, from }: Pair): number | null {
  const [largest = 0, all = 0] = [total.spectral[to]?.[from] ?? 0, total.frobenius[to]?.[from] ?? 0];
  return all === 0 ? null : (largest / all) ** 2;
}

function averageOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function agreementOf(one: Influence, pairs: readonly Pair[]): number | null {
  const at = (map: PairMap): number[] => pairs.map(({ to, from }) => map[to]?.[from] ?? 0);
  const found = pearson(at(one.direct.frobenius), at(one.cut));
  return found.kind === "value" ? found.r : null;
}

/** What exchanges in few directions do to held-out pairs, beside their controls. */

import { ofClusters } from "../../exhibits/headline.js";
import { clusteredBootstrap, FEWEST_PROBLEMS, ofSums } from "../../statistics/clustered-bootstrap.js";
import type { Estimate, Rate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { rateOf } from "../../statistics/proportion-interval.js";
import type { PatchRow } from "../patching/summary.js";
import { countedReasons } from "../shared/reasons.js";
import type { HeldOutPair, KnownSubspaces, Outcome, SubspaceFile } from "./file.js";

/** What is exchanged, in the order in which it is shown. */
export const WAYS = ["trained", "principal", "random", "other"] as const;
/** One of them. */
export type Way = (typeof WAYS)[number];

/** One kind of exchange over all held-out pairs. */
export interface Exchange {
  /** Answers that became the other run's number. */
  readonly moved: Rate;
  /** (exchanged − own) / (other − own) of the logit difference: 0 nothing, 1 all the way. */
  readonly effect: Estimate;
}

/** Directions of one number. */
export interface RankSummary extends Readonly<Record<Way, Exchange>> {
  readonly rank: number;
  /** Answers that the trained directions move, as a share of those that the whole state moves. */
  readonly ofWhole: Estimate;
  /** Of the runs that directions were trained on, all of which the whole state moves: those that they move. Both folds together. */
  readonly inTraining: Rate;
}

/** The study. */
export interface SubspaceSummary {
  /** Pairs that were held out once; 0 where nothing was trained. */
  readonly pairs: number;
  readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  /** Why nothing was trained; null where something was. */
  readonly reason: string | null;
  readonly positions: readonly string[];
  readonly width: number;
  readonly folds: readonly { readonly block: number; readonly pairs: number; readonly swaps: number }[];
  readonly whole: Exchange | null;
  readonly ranks: readonly RankSummary[];
  /** The whole state exchanged at each block that was tried, over all pairs. */
  readonly blocks: readonly { readonly block: number; readonly moved: Rate }[];
}

/** @returns null where the study was not run. */
export function subspaceSummary(
  rows: readonly PatchRow[],
  { file, seed }: { readonly file: SubspaceFile | null; readonly seed: number },
): SubspaceSummary | null {
  if (rows.length === 0) return null;
  const known = file?.kind === "value" ? file : null;
  return {
    pairs: known?.pairs.length ?? 0,
    dropped: countedReasons(rows.flatMap(({ pair }) => (pair.status === "dropped" ? pair.reason : []))),
    reason: known !== null ? null : file?.kind === "undefined" ? file.reason : "the run was not finished",
    positions: known?.positions ?? [],
    width: known?.width ?? 0,
    folds: known?.folds.map(({ block, pairs, swaps }) => ({ block, pairs, swaps })) ?? [],
    whole: known === null ? null : exchangeOf(known, { of: ({ whole }) => whole, seed }),
    ranks: known === null ? [] : ranksOf(known, seed),
    blocks: blocksOf(rows),
  };
}

/** Did an exchange make the answer the other run's? */
export function isMoved({ number }: HeldOutPair, outcome: Outcome): boolean {
  return outcome.number === number;
}

function ranksOf(known: KnownSubspaces, seed: number): RankSummary[] {
  const ranks = known.pairs[0]?.ranks.map(({ rank }) => rank) ?? [];
  return ranks.map((rank, place) => {
    const of = (way: Way): Exchange => exchangeOf(known, { of: ({ ranks: all }) => all[place]?.[way] ?? null, seed });
    return {
      rank,
      trained: of("trained"),
      principal: of("principal"),
      random: of("random"),
      other: of("other"),
      ofWhole: ofWhole(known, { place, seed }),
      inTraining: inTraining(known, rank),
    };
  });
}

function exchangeOf(
  { pairs }: KnownSubspaces,
  { of, seed }: { readonly of: (pair: HeldOutPair) => Outcome | null; readonly seed: number },
): Exchange {
  const found = pairs.flatMap((pair) => {
    const outcome = of(pair);
    return outcome === null ? [] : [{ pair, outcome }];
  });
  const count = found.filter(({ pair, outcome }) => isMoved(pair, outcome)).length;
  return {
    moved: rateOf(count, found.length),
    effect: meanEstimate(
      found.flatMap(({ pair: { differences }, outcome: { difference } }) =>
        difference === null ? [] : [(difference - differences.own) / (differences.other - differences.own)],
      ),
      seed,
    ),
  };
}

function inTraining({ folds }: KnownSubspaces, rank: number): Rate {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const count = sum(folds.map(({ bases }) => bases.find((basis) => basis.rank === rank)?.moved ?? 0));
  const n = sum(folds.map(({ swaps }) => swaps));
  return rateOf(count, n);
}

/** A ratio of sums over pairs, resampled by pairs. */
function ofWhole(
  { pairs }: KnownSubspaces,
  { place, seed }: { readonly place: number; readonly seed: number },
): Estimate {
  const sums = Float64Array.from(
    pairs.flatMap((pair) => {
      const outcome = pair.ranks[place]?.trained;
      return [Number(outcome !== undefined && isMoved(pair, outcome)), Number(isMoved(pair, pair.whole))];
    }),
  );
  const statistic = ofSums(sums, 2, ([trained = 0, whole = 0]) => (whole === 0 ? null : trained / whole));
  if (pairs.length >= FEWEST_PROBLEMS) return ofClusters(clusteredBootstrap(pairs.length, statistic, { seed }));
  return { kind: "undefined", reason: "there are too few pairs" };
}

function blocksOf(rows: readonly PatchRow[]): SubspaceSummary["blocks"] {
  const counts = new Map<number, [count: number, n: number]>();
  for (const { pair, map } of rows) {
    if (pair.status !== "kept" || map === null) continue;
    for (const [i, column] of map.columns.entries()) {
      const [count, n] = counts.get(Number(column)) ?? [0, 0];
      const isOther = map.numbers[0]?.[i] === pair.numbers.counterfactual;
      counts.set(Number(column), [count + Number(isOther), n + 1]);
    }
  }
  return [...counts].map(([block, [count, n]]) => ({ block, moved: rateOf(count, n) }));
}

/** The fewest directions that move nearly as many answers as the whole state; else those that move most, the fewest of them. */
export function tellingRank({ ranks }: Pick<SubspaceSummary, "ranks">): RankSummary | null {
  const enough = ranks.find(({ ofWhole: share }) => share.kind === "value" && share.value >= NEARLY_ALL);
  if (enough !== undefined) return enough;
  return ranks.reduce<RankSummary | null>(
    (most, each) => (most === null || each.trained.moved.count > most.trained.moved.count ? each : most),
    null,
  );
}

/** Share of the whole state's answers that counts as carrying the value. */
export const NEARLY_ALL = 0.9;

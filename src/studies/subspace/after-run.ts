/** Trains the directions at the end of a run, when all pairs are there: on each half of the problems, for the other half. */

import { hashText } from "../../base/hash-text.js";
import { orthonormalRows } from "../../base/orthonormal.js";
import { permutation, type RandomSource, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { AfterRunContext, AfterRunParts } from "../read-context.js";
import { type Bases, exchanged } from "./exchange.js";
import type { HeldOutPair, KnownSubspaces, Outcome, SubspaceFile } from "./file.js";
import { leadingDirections } from "./leading.js";
import { story } from "./story.js";
import {
  exchangedPositions,
  type RecordedPair,
  recordedPairs,
  type SwapPair,
  type SwapPlace,
  swapPairs,
} from "./swaps.js";
import { type Basis, firstOrder, principalDirections, trainSubspaces } from "./train.js";

/** How many directions are tried. */
export const RANKS = [1, 2, 4, 8] as const;
/** Halves that are held out in turn. */
export const FOLDS = 2;
/** Pairs that are needed, and training swaps that the whole state moves. */
export const FEWEST = { pairs: 8, swaps: 4 } as const;
/** Training swaps that are used at most: each takes several ways back through the model. */
export const MOST_SWAPS = 48;

type Fold = KnownSubspaces["folds"][number];

/** One half of the problems, with directions that were trained on the other. */
interface KnownHalf extends Pick<KnownSubspaces, "kind" | "positions" | "width"> {
  readonly fold: Fold;
  /** With the place among all pairs. */
  readonly pairs: readonly { readonly place: number; readonly pair: HeldOutPair }[];
}

/** The same, or why there are none. */
type Half = KnownHalf | { readonly kind: "undefined"; readonly reason: string };

/** The halves, by a worker each. */
export const SUBSPACE_PARTS: AfterRunParts = {
  count: FOLDS,
  make: async (context, fold) => half(context, { all: await prepared(context), fold }),
  join: (halves, { notice }) => joined(halves as readonly Half[], notice),
};

/** Trains, and shows why nothing was trained. @throws the signal's reason where it was aborted meanwhile. */
export async function makeSubspaces(context: AfterRunContext): Promise<SubspaceFile> {
  const all = await prepared(context);
  const halves: Half[] = [];
  for (const fold of range(FOLDS)) halves.push(await half(context, { all, fold }));
  return joined(halves, context.notice);
}

function joined(halves: readonly Half[], notice: AfterRunContext["notice"]): SubspaceFile {
  const known: KnownHalf[] = [];
  for (const each of halves) {
    if (each.kind === "undefined") {
      notice(`${story.name}: no directions: ${each.reason}`);
      return { schema: 1, ...each };
    }
    known.push(each);
  }
  const [{ positions, width } = { positions: [], width: 0 }] = known;
  return {
    ...{ schema: 1, kind: "value", positions, width },
    folds: known.map(({ fold }) => fold),
    pairs: known
      .flatMap(({ pairs }) => pairs)
      .sort((a, b) => a.place - b.place)
      .map(({ pair }) => pair),
  };
}

interface Draw {
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** What both halves go by. */
interface Prepared {
  readonly pairs: readonly SwapPair[];
  /** By number of the pair, the half that it is held out in. */
  readonly foldOf: ReadonlyMap<number, number>;
  /** By half, where is exchanged. */
  readonly blocks: readonly number[];
}

/** @returns why there are no directions, where there are too few pairs. */
async function prepared({ model, own, seed }: AfterRunContext): Promise<Prepared | string> {
  const recorded = recordedPairs(own);
  if (recorded.length < FEWEST.pairs) return `${recorded.length} pairs, at least ${FEWEST.pairs} are needed`;
  const order = permutation(recorded.length, seededRandom(hashText(`${seed}|${story.name}|folds`)));
  const foldOf = new Map(order.map((pair, place) => [pair, place % FOLDS]));
  const blocks = range(FOLDS).map((fold) => blockOf(recorded.filter((_, i) => foldOf.get(i) !== fold)));
  return { pairs: await swapPairs(model, recorded, { blocks: [...new Set(blocks)] }), foldOf, blocks };
}

async function half(
  { model, seed, signal }: AfterRunContext,
  { all, fold }: { readonly all: Prepared | string; readonly fold: number },
): Promise<Half> {
  if (typeof all === "string") return { kind: "undefined", reason: all };
  const { pairs, foldOf, blocks } = all;
  const positions = exchangedPositions(model.codi.numLatents);
  const place = { block: blocks[fold] ?? 0, positions };
  const of = (isHeldOut: boolean) => pairs.filter((_, i) => (foldOf.get(i) === fold) === isHeldOut);
  const trained = await trainedOn(model, of(false), { seed, signal, place, fold });
  if (typeof trained === "string") return { kind: "undefined", reason: trained };
  const found = await heldOut(model, of(true), { seed, signal, place, bases: trained.bases });
  return {
    ...{ kind: "value", positions, width: model.config.dModel, fold: trained.fold },
    pairs: pairs.flatMap((pair, i) => {
      const outcome = found.get(pair);
      return outcome === undefined ? [] : [{ place: i, pair: { ...outcome, fold } }];
    }),
  };
}

/** The block whose whole state moves most answers; of equals the first. */
function blockOf(pairs: readonly RecordedPair[]): number {
  const counts = new Map<number, number>();
  for (const { moved } of pairs)
    for (const [block, isMoved] of moved) counts.set(block, (counts.get(block) ?? 0) + Number(isMoved));
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), [0, -1])[0];
}

/** Where, and which half is held out. */
interface Training extends Draw {
  readonly place: SwapPlace;
  readonly fold: number;
}

const WHOLE = "whole";

async function trainedOn(
  model: CodiModel,
  pairs: readonly SwapPair[],
  { place, fold, seed, signal }: Training,
): Promise<{ readonly fold: Fold; readonly bases: Bases } | string> {
  const width = model.config.dModel;
  const all = pairs.flatMap(({ swaps }) => swaps);
  const whole = await exchanged(model, all, { place, bases: new Map([[WHOLE, null]]), signal });
  const moved = all.filter(({ number }, i) => whole[i]?.get(WHOLE)?.number === number);
  if (moved.length < FEWEST.swaps)
    return `the whole state moves ${moved.length} of ${all.length} answers of the training problems, at least ${FEWEST.swaps} are needed`;
  const randomOf = (what: string): RandomSource => seededRandom(hashText(`${seed}|${story.name}|${fold}|${what}`));
  const order = permutation(moved.length, randomOf("swaps")).slice(0, MOST_SWAPS);
  const swaps = order.sort((a, b) => a - b).flatMap((i) => moved[i] ?? []);
  const most = Math.min(width, RANKS[RANKS.length - 1] ?? 1);
  const start = leadingDirections(await firstOrder(model, swaps, { place, signal }), {
    ...{ width, rank: most, random: randomOf("start") },
  }).rows;
  const principal = principalDirections(
    pairs.map(({ swaps: [there] }) => there),
    { place, rank: most, width, random: randomOf("principal") },
  );
  const bases = new Map<string, Basis | null>([[WHOLE, null]]);
  const ranks = RANKS.filter((each) => each <= width);
  const starts = ranks.map((rank) => ({ rank, rows: start.slice(0, rank * width) }));
  for (const basis of await trainSubspaces(model, swaps, { place, starts, random: randomOf("order"), signal }))
    bases.set(`trained${basis.rank}`, basis);
  for (const rank of ranks) {
    bases.set(`principal${rank}`, { rank, rows: principal.slice(0, rank * width) });
    bases.set(`random${rank}`, { rank, rows: randomDirections(rank, { width, random: randomOf(`random ${rank}`) }) });
  }
  const own = await exchanged(model, swaps, { place, bases: trainedOf(bases), signal });
  const kept = [...trainedOf(bases)].flatMap(([name, basis]) => {
    if (basis === null) return [];
    const count = swaps.filter(({ number }, i) => own[i]?.get(name)?.number === number).length;
    return [{ rank: basis.rank, moved: count, rows: base64(basis.rows) }];
  });
  return { fold: { block: place.block, pairs: pairs.length, swaps: swaps.length, bases: kept }, bases };
}

function trainedOf(bases: Bases): Bases {
  return new Map([...bases].filter(([name]) => name.startsWith("trained")));
}

function randomDirections(
  rank: number,
  { width, random }: { readonly width: number; readonly random: RandomSource },
): Float64Array {
  const made = orthonormalRows(
    Float32Array.from({ length: rank * width }, () => random.normal()),
    rank,
  );
  if (made.kind === "dependent") throw new RangeError(`Random direction ${made.row} adds nothing to those before it`);
  return made.rows;
}

function base64(rows: Float64Array): string {
  return Buffer.from(Float32Array.from(rows).buffer).toString("base64");
}

async function heldOut(
  model: CodiModel,
  pairs: readonly SwapPair[],
  { place, bases, signal }: Draw & { readonly place: SwapPlace; readonly bases: Bases },
): Promise<Map<SwapPair, Omit<HeldOutPair, "fold">>> {
  const swaps = pairs.map(({ swaps: [there] }) => there);
  const found = await exchanged(model, swaps, { place, bases, signal });
  const elsewhere = await atSameChoices(model, pairs, { place, bases, signal });
  const ranks = [...trainedOf(bases).values()].flatMap((basis) => basis?.rank ?? []);
  return new Map(
    pairs.map((pair, i) => {
      const { id, pair: kept } = pair.recorded;
      const outcome = (name: string): Outcome => found[i]?.get(name) ?? { number: null, difference: null };
      return [
        pair,
        {
          ...{ id, number: kept.numbers.counterfactual },
          differences: { own: kept.differences.clean, other: kept.differences.counterfactual },
          whole: outcome(WHOLE),
          ranks: ranks.map((rank) => ({
            rank,
            trained: outcome(`trained${rank}`),
            random: outcome(`random${rank}`),
            principal: outcome(`principal${rank}`),
            other: elsewhere.get(pair)?.get(`trained${rank}`) ?? null,
          })),
        },
      ];
    }),
  );
}

/** The trained directions exchanged only where the head's first choice is the same in both runs: those positions name what does not change. */
async function atSameChoices(
  model: CodiModel,
  pairs: readonly SwapPair[],
  { place, bases, signal }: { readonly place: SwapPlace; readonly bases: Bases; readonly signal: AbortSignal },
): Promise<ReadonlyMap<SwapPair, ReadonlyMap<string, Outcome>>> {
  const groups = new Map<string, SwapPair[]>();
  for (const pair of pairs) {
    const { clean, counterfactual } = pair.recorded.pair.lens;
    const key = place.positions.filter((_, k) => clean[k] === counterfactual[k]).join();
    if (key !== "") groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  const trained = trainedOf(bases);
  const found = new Map<SwapPair, ReadonlyMap<string, Outcome>>();
  for (const [key, some] of groups) {
    const there = { ...place, positions: key.split(",") };
    const swaps = some.map(({ swaps: [swap] }) => swap);
    for (const [i, outcomes] of (await exchanged(model, swaps, { place: there, bases: trained, signal })).entries()) {
      const pair = some[i];
      if (pair !== undefined) found.set(pair, outcomes);
    }
  }
  return found;
}

/** Distributed alignment search (Geiger et al. 2024): directions in which a swap brings the other run's answer. */

import { permutation, type RandomSource } from "../../base/random.js";
import type { SiteName } from "../../model/hooks/names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { GradientResult } from "../../model/latent/gradient/types.js";
import { BasisAscent } from "./ascent.js";
import { addBasisGradient } from "./basis-gradient.js";
import { leadingDirections } from "./leading.js";
import { SOURCE, type Swap, type SwapPlace, siteOf, stateAt, swapAt, wholeAt } from "./swaps.js";

/** Passes over what is trained on, after a start that is good already. */
export const EPOCHS = 1;
/** Swaps of one step. */
export const BATCH = 8;
/** Swaps whose derivatives are taken at once where there is one row for each. */
export const TOGETHER = 32;
// Length of a component's step, of rows whose components are about 1 / √width long.
const RATE = 0.16;

/** Orthonormal directions, `[rank, width]`. */
export interface Basis {
  readonly rank: number;
  readonly rows: Float64Array;
}

/** How directions are trained. */
export interface TrainOptions {
  readonly place: SwapPlace;
  /** One for each number of directions. */
  readonly starts: readonly Basis[];
  /** Of the order of swaps. */
  readonly random: RandomSource;
  readonly signal?: AbortSignal;
}

/**
 * Moves each of the bases up the log-probability of the sources' answers; one does not depend on the others.
 *
 * @throws the signal's reason where it was aborted.
 */
export async function trainSubspaces(
  model: CodiModel,
  swaps: readonly Swap[],
  { place, starts, random, signal }: TrainOptions,
): Promise<Basis[]> {
  const rate = RATE / Math.sqrt(model.config.dModel);
  const ascents = starts.map(({ rank, rows }) => new BasisAscent(Float32Array.from(rows), { rank, rate }));
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = permutation(swaps.length, random);
    for (let from = 0; from < order.length; from += BATCH) {
      signal?.throwIfAborted();
      const some = order.slice(from, from + BATCH).flatMap((i) => swaps[i] ?? []);
      const gradients = await basisGradients(model, some, { place, bases: ascents });
      for (const [i, ascent] of ascents.entries()) ascent.step(gradients[i] ?? new Float64Array(ascent.rows.length));
    }
  }
  return ascents.map(({ rank, rows }) => ({ rank, rows }));
}

/**
 * By each of the bases, of the mean log-probability of the sources' answers: `[rank, width]`. All are rows of the same passes, which
 * take not much longer for many rows than for one.
 */
export async function basisGradients(
  model: CodiModel,
  swaps: readonly Swap[],
  { place, bases }: { readonly place: SwapPlace; readonly bases: readonly Basis[] },
): Promise<Float64Array[]> {
  const site = siteOf(place);
  // A swap writes over what it reads, which is the sum of these two.
  const before: readonly SiteName[] = [`blocks.${place.block}.hook_resid_mid`, `blocks.${place.block}.hook_mlp_out`];
  const nameOf = (basis: number): string => `basis${basis}`;
  const rows = bases.flatMap((_, basis) => swaps.map((swap) => ({ swap, basis })));
  const results = await gradientsOf(
    model,
    rows.map(({ swap }) => swap),
    {
      sites: [site, ...before],
      interventions: (row) => [swapAt(place, nameOf(rows[row]?.basis ?? 0))],
      values: Object.fromEntries(
        bases.map(({ rank, rows: own }, basis) => [
          nameOf(basis),
          { shape: [rank, model.config.dModel], data: Float32Array.from(own) },
        ]),
      ),
    },
  );
  const sums = bases.map(({ rows: own }) => new Float64Array(own.length));
  for (const [i, { gradients, captures }] of results.entries()) {
    const row = rows[i];
    const [basis, sum] = [bases[row?.basis ?? 0], sums[row?.basis ?? 0]];
    if (row === undefined || basis === undefined || sum === undefined) continue;
    for (const position of place.positions) {
      const own = before.map((each) => captures.at(each, position as "bot").data);
      addBasisGradient(sum, basis.rows, {
        gradient: gradients.at(site, position as "bot").data,
        difference: stateAt(row.swap.source, { block: place.block, position }).map(
          (value, at) => value - own.reduce((total, part) => total + (part[at] ?? 0), 0),
        ),
      });
    }
  }
  return sums.map((sum) => sum.map((value) => value / Math.max(1, swaps.length)));
}

/**
 * Where the search starts: the directions that do most to first order. Of swapping ⟨r, d⟩ r the log-probability gains about
 * ⟨g, r⟩⟨r, d⟩, with the gradient g halfway between the run as it is and the whole state exchanged; these two ends stand for the way.
 *
 * @returns symmetric `[width, width]`, Σ (g dᵀ + d gᵀ) / 2 over swaps, positions and ends.
 */
export async function firstOrder(
  model: CodiModel,
  swaps: readonly Swap[],
  { place, signal }: { readonly place: SwapPlace; readonly signal?: AbortSignal },
): Promise<Float64Array> {
  const width = model.config.dModel;
  const sum = new Float64Array(width * width);
  const site = siteOf(place);
  for (const isExchanged of [false, true])
    for (let from = 0; from < swaps.length; from += TOGETHER) {
      signal?.throwIfAborted();
      const some = swaps.slice(from, from + TOGETHER);
      const interventions = isExchanged ? () => [wholeAt(place)] : null;
      for (const [i, { gradients }] of (await gradientsOf(model, some, { sites: [site], interventions })).entries()) {
        const swap = some[i];
        if (swap === undefined) continue;
        for (const position of place.positions) {
          const own = stateAt(swap.own, { block: place.block, position });
          const difference = stateAt(swap.source, { block: place.block, position }).map(
            (value, at) => value - (own[at] ?? 0),
          );
          addOuter(sum, { a: gradients.at(site, position as "bot").data, b: difference });
        }
      }
    }
  return sum;
}

/** Adds (a bᵀ + b aᵀ) / 2. @param sum `[width, width]`. */
export function addOuter(sum: Float64Array, { a, b }: { readonly a: Float32Array; readonly b: Float32Array }): void {
  const width = a.length;
  for (let row = 0, at = 0; row < width; row++) {
    const [x, y] = [(a[row] ?? 0) / 2, (b[row] ?? 0) / 2];
    for (let i = 0; i < width; i++, at++) sum[at] = (sum[at] ?? 0) + x * (b[i] ?? 0) + y * (a[i] ?? 0);
  }
}

/** Principal components `[rank, width]` of the states of both runs at all the positions. */
export function principalDirections(
  swaps: readonly Swap[],
  {
    place,
    rank,
    width,
    random,
  }: { readonly place: SwapPlace; readonly rank: number; readonly width: number; readonly random: RandomSource },
): Float64Array {
  const states = swaps.flatMap(({ own, source }) =>
    [own, source].flatMap((run) => place.positions.map((position) => stateAt(run, { block: place.block, position }))),
  );
  const mean = new Float64Array(width);
  for (const state of states)
    for (let i = 0; i < width; i++) mean[i] = (mean[i] ?? 0) + (state[i] ?? 0) / states.length;
  const sum = new Float64Array(width * width);
  for (const state of states) {
    const centred = state.map((value, i) => value - (mean[i] ?? 0));
    addOuter(sum, { a: centred, b: centred });
  }
  return leadingDirections(sum, { width, rank, random }).rows;
}

interface GradientsRequest {
  readonly sites: readonly SiteName[];
  /** By the number of the swap; null: none, and no source is read. */
  readonly interventions: ((swap: number) => readonly string[]) | null;
  readonly values?: Readonly<Record<string, { readonly shape: number[]; readonly data: Float32Array }>>;
}

function gradientsOf(
  model: CodiModel,
  swaps: readonly Swap[],
  { sites, interventions, values = {} }: GradientsRequest,
): Promise<GradientResult[]> {
  return model.gradientBatch(
    swaps.map(({ question }) => question),
    {
      of: (i) => ({ kind: "log-probability", ids: swaps[i]?.ids ?? [] }),
      at: sites,
      values,
      ...(interventions === null ? {} : { interventions, sources: { [SOURCE]: swaps.map(({ source }) => source) } }),
    },
  );
}

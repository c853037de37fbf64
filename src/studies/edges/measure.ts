/** Which circuits of a pair are run, and what they keep. */

import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { type Circuit, faithfulnessOf } from "./circuits.js";
import { ENOUGH } from "./enough.js";
import type { KeptCircuits } from "./record.js";
import type { ScoredPair } from "./scores.js";
import { story } from "./story.js";

/** Sizes of circuits, as shares of all edges. */
export const SHARES = [1 / 256, 1 / 64, 1 / 16, 1 / 4] as const;
/** Random sets of each size, a pair. */
export const DRAWS = 10;
/** Of them, those whose complements are run too. */
const DRAWS_WITHOUT = 3;
const TENTHS = 10;

/** Runs of a pair's circuits beside its scores: a plan counts them. */
export const CIRCUIT_RUNS = 2 + SHARES.length * (2 + DRAWS + DRAWS_WITHOUT) + TENTHS;

/** @returns what the strongest edges of each size keep, beside as many at random. */
export async function measuredCircuits(
  model: CodiModel,
  scored: ScoredPair,
  { seed }: { readonly seed: number },
): Promise<KeptCircuits> {
  const { count } = scored.edges;
  const order = strongestFirst(scored.scores);
  const random = seededRandom(hashText(`${seed}|${scored.pair.clean.question}|${story.name}, random sets`));
  const sizes = SHARES.map((share) => {
    const edges = Math.max(1, Math.round(share * count));
    return {
      edges,
      own: order.slice(0, edges),
      random: range(DRAWS).map(() => permutation(count, random).slice(0, edges)),
    };
  });
  const asked = sizes.flatMap(({ own, random: draws }) => [
    circuitOf(own, count),
    without(circuitOf(own, count)),
    ...draws.map((draw) => circuitOf(draw, count)),
    ...draws.slice(0, DRAWS_WITHOUT).map((draw) => without(circuitOf(draw, count))),
  ]);
  const nothing: Circuit = new Uint8Array(count);
  const [none = 0, all = 0, ...kept] = await faithfulnessOf(model, {
    scored,
    circuits: [nothing, without(nothing), ...asked],
  });
  const each = 2 + DRAWS + DRAWS_WITHOUT;
  const found = sizes.map(({ edges }, i) => {
    const [own = 0, rest = 0, ...others] = kept.slice(i * each, (i + 1) * each).map(rounded);
    return { edges, kept: own, without: rest, random: others.slice(0, DRAWS), withoutRandom: others.slice(DRAWS) };
  });
  const enough = found.findIndex((size) => size.kept >= ENOUGH);
  const [circuit, edges] = [sizes[enough]?.own ?? [], found[enough]];
  const tenths =
    edges === undefined || edges.edges < TENTHS
      ? null
      : { edges: edges.edges, lost: await lostTenths(model, scored, { circuit, kept: edges.kept }) };
  return { edges: count, none: rounded(none), all: rounded(all), sizes: found, tenths };
}

async function lostTenths(
  model: CodiModel,
  scored: ScoredPair,
  { circuit, kept }: { readonly circuit: readonly number[]; readonly kept: number },
): Promise<number[]> {
  const edge = (tenth: number): number => Math.round((tenth * circuit.length) / TENTHS);
  const left = range(TENTHS).map((tenth) => [...circuit.slice(0, edge(tenth)), ...circuit.slice(edge(tenth + 1))]);
  const found = await faithfulnessOf(model, {
    scored,
    circuits: left.map((edges) => circuitOf(edges, scored.edges.count)),
  });
  return found.map((value) => rounded(kept - value));
}

/** Numbers of the edges by the size of their scores; of equals, the first. */
export function strongestFirst(scores: Float64Array): number[] {
  return Array.from(scores.keys()).sort((a, b) => Math.abs(scores[b] ?? 0) - Math.abs(scores[a] ?? 0) || a - b);
}

/** The circuit that has some edges alone. */
export function circuitOf(edges: readonly number[], count: number): Circuit {
  const circuit = new Uint8Array(count);
  for (const edge of edges) circuit[edge] = 1;
  return circuit;
}

/** The circuit that has all other edges. */
export function without(circuit: Circuit): Circuit {
  return circuit.map((has) => 1 - has);
}

function rounded(value: number): number {
  return Number(value.toFixed(6)) + 0;
}

/** Directions: mean differences of pairs of questions at each latent, and the latent where the pairs have most in common. */

import { hashText } from "../../base/hash-text.js";
import { seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import { parseAddress } from "../../model/hooks/address.js";
import type { SiteName } from "../../model/hooks/names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { Steered } from "./draft.js";
import { hooksOf, SITES, type Site } from "./sites.js";

const CAPTURE_BYTES = 2 ** 31;

/** A part of a direction. */
export interface DirectionPart {
  readonly hook: string;
  /** Of one position of the hook point. */
  readonly shape: readonly number[];
  readonly vector: Float32Array;
}

/** What moves a step's value at one latent, as the pairs have it. */
export interface Direction {
  readonly latent: number;
  readonly parts: readonly DirectionPart[];
  /** Euclidean length of all parts together. */
  readonly length: number;
  /** The mean difference's square over the mean of the differences' squares: 1 where all pairs have the same, 1 / pairs where they have nothing in common. */
  readonly agreement: number;
  /** Mean product of two pairs' differences: what they have in common, as a square, without the part that chance adds to the mean's. */
  readonly common: number;
}

/** By site, a direction for each latent. */
export type Directions = Readonly<Record<Site, readonly Direction[]>>;

/** @param pairs of questions. One forward pass of all of them, so the numbers do not depend on what else is computed. */
export async function directionsOf(model: CodiModel, pairs: Steered["pairs"]): Promise<Directions> {
  const { layers } = model.config;
  const hooks = SITES.flatMap((site) => hooksOf(site, layers)) as SiteName[];
  const runs = await model.runBatch(
    pairs.flatMap(({ from, to }) => [from, to]),
    { maxNewTokens: 1, capture: hooks, captureBudgetBytes: CAPTURE_BYTES },
  );
  const of = (site: Site): Direction[] =>
    range(model.codi.numLatents).map((latent) => directionAt(runs, { hooks: hooksOf(site, layers), latent }));
  return { input: of("input"), resid: of("resid"), kv: of("kv") };
}

/** @param runs a pair's `from` and `to`, and so on. */
function directionAt(
  runs: readonly RunResult[],
  { hooks, latent }: { readonly hooks: readonly string[]; readonly latent: number },
): Direction {
  const pairs = range(runs.length / 2);
  let [square, all] = [0, 0];
  const parts = hooks.map((hook): DirectionPart => {
    const values = runs.map((run) => valuesAt(run, { hook, latent }));
    const [{ shape, data: first } = { shape: [], data: new Float32Array() }] = values;
    const mean = new Float64Array(first.length);
    for (const pair of pairs) {
      const [from, to] = [values[2 * pair]?.data, values[2 * pair + 1]?.data];
      for (let i = 0; i < mean.length; i++) {
        const difference = (to?.[i] ?? 0) - (from?.[i] ?? 0);
        mean[i] = (mean[i] ?? 0) + difference / pairs.length;
        all += difference ** 2 / pairs.length;
      }
    }
    square += squareOf(mean);
    return { hook, shape, vector: Float32Array.from(mean) };
  });
  return {
    latent,
    parts,
    length: Math.sqrt(square),
    agreement: all === 0 ? 0 : square / all,
    common: (pairs.length * square - all) / Math.max(1, pairs.length - 1),
  };
}

/** What a hook point has at a latent. */
function valuesAt(
  { captures, layout }: RunResult,
  { hook, latent }: { readonly hook: string; readonly latent: number },
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const { shape, data, axes } = captures.get(hook as SiteName);
  const each = shape.slice(2);
  const size = each.reduce((product, length) => product * length, 1);
  const isByLatent = (axes as readonly string[])[1] === "latent";
  const row = isByLatent ? latent : (layout.indicesOf(parseAddress(`latent.${latent}`))[0] ?? 0);
  return { shape: each, data: data.subarray(row * size, (row + 1) * size) };
}

/** Where the pairs have most in common; the first of equals. No answer is looked at. */
export function bestLatent(directions: readonly Direction[]): number {
  return directions.reduce((best, each) => (each.common > (directions[best]?.common ?? 0) ? each.latent : best), 0);
}

/** A direction of the same length in every part, drawn at random. @param key what it is drawn for. */
export function randomLike({ parts, ...direction }: Direction, key: string): Direction {
  const random = seededRandom(hashText(key));
  return {
    ...direction,
    parts: parts.map(({ vector, ...part }) => {
      const drawn = Float64Array.from(vector, () => random.normal());
      const scale = Math.sqrt(squareOf(vector)) / Math.sqrt(squareOf(drawn));
      return { ...part, vector: Float32Array.from(drawn, (value) => scale * value) };
    }),
  };
}

function squareOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) ** 2;
  return sum;
}

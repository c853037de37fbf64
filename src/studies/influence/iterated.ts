/** Norms of Jacobians that are never written out: power iteration for the spectral norm, random probes for Frobenius's. */

import { hashText } from "../../base/hash-text.js";
import { type RandomSource, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { lengthOf, unitOf } from "./norms.js";
import { type InfluenceNorms, pairMap } from "./record.js";
import { INPUT, rowAt } from "./sites.js";

/** Steps of power iteration: one product with the Jacobian and one with its transpose each. */
export const STEPS = 6;
/** Probes of ±1 at each latent (Hutchinson 1990). */
export const PROBES = 8;

interface Pair {
  readonly to: number;
  readonly from: number;
}

/** What a question's norms are estimated for. */
interface Asked {
  readonly model: CodiModel;
  readonly question: string;
  readonly downstream: "propagate" | "pin";
  readonly random: RandomSource;
}

/** Norms of the total and of the direct Jacobians of one question, estimated. The spectral norm is approached from below. */
export async function iteratedNorms(
  model: CodiModel,
  question: string,
  { seed }: { readonly seed: number },
): Promise<{ readonly total: InfluenceNorms; readonly direct: InfluenceNorms }> {
  const of = (downstream: Asked["downstream"]): Promise<InfluenceNorms> => {
    const random = seededRandom(hashText(`${seed}|${question}|influence ${downstream}`));
    return normsOf({ model, question, downstream, random });
  };
  return { total: await of("propagate"), direct: await of("pin") };
}

async function normsOf(asked: Asked): Promise<InfluenceNorms> {
  const { numLatents: latents } = asked.model.codi;
  const pairs = range(latents).flatMap((to) => range(to).map((from): Pair => ({ to, from })));
  const [spectral, frobenius] = [await spectralNorms(asked, pairs), await frobeniusNorms(asked)];
  return {
    spectral: pairMap(latents, (to, from) => spectral[pairs.findIndex((p) => p.to === to && p.from === from)] ?? null),
    frobenius: pairMap(latents, (to, from) => frobenius[to]?.[from] ?? null),
  };
}

async function spectralNorms(asked: Asked, pairs: readonly Pair[]): Promise<number[]> {
  const { model, question, downstream, random } = asked;
  const questions = pairs.map(() => question);
  const pairAt = (row: number): Pair => pairs[row] ?? { to: 1, from: 0 };
  let directions = pairs.map(() => unitOf(Float64Array.from({ length: model.config.dModel }, () => random.normal())));
  let found: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const moved = await model.jvpBatch(questions, {
      along: (row) => [
        {
          site: INPUT,
          address: `latent.${pairAt(row).from}`,
          direction: Float32Array.from(directions[row] ?? []),
        },
      ],
      at: [INPUT],
      downstream,
    });
    const images = moved.map(({ changes }, row) => rowAt(changes.get(INPUT), pairAt(row).to).slice());
    found = images.map(lengthOf);
    if (step === STEPS - 1) break;
    const back = await model.gradientBatch(questions, {
      of: (row) => ({
        kind: "dot",
        site: INPUT,
        address: `latent.${pairAt(row).to}`,
        vector: Float32Array.from(unitOf(images[row] ?? new Float32Array())),
      }),
      at: [INPUT],
      downstream,
    });
    directions = back.map(({ gradients }, row) => unitOf(rowAt(gradients.get(INPUT), pairAt(row).from)));
  }
  return found;
}

/** `[to][from]`: of a matrix J and u of independent ±1, ‖Jᵀu‖² is ‖J‖² on average. One probe serves all latents before it. */
async function frobeniusNorms({ model, question, downstream, random }: Asked): Promise<number[][]> {
  const { dModel } = model.config;
  const { numLatents: latents } = model.codi;
  const targets = range(latents).slice(1);
  const probes = targets.flatMap((to) =>
    range(PROBES).map(() => ({ to, vector: Float32Array.from({ length: dModel }, () => 2 * random.int(2) - 1) })),
  );
  const back = await model.gradientBatch(
    probes.map(() => question),
    {
      of: (row) => {
        const { to, vector } = probes[row] ?? { to: 1, vector: new Float32Array(dModel) };
        return { kind: "dot", site: INPUT, address: `latent.${to}`, vector };
      },
      at: [INPUT],
      downstream,
    },
  );
  return range(latents).map((to) =>
    range(to).map((from) => {
      const squares = back.flatMap(({ gradients }, row) =>
        probes[row]?.to === to ? [lengthOf(rowAt(gradients.get(INPUT), from)) ** 2] : [],
      );
      return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
    }),
  );
}

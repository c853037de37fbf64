/** Norms of Jacobians that are never written out: power iteration for the spectral norm, random probes for Frobenius's. */

import { hashText } from "../../base/hash-text.js";
import { type RandomSource, seededRandom } from "../../base/random.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { lengthOf, unitOf } from "./norms.js";
import { type InfluenceNorms, pairMap } from "./record.js";
import { INPUT, rowAt } from "./sites.js";

/** Steps of power iteration: one product with the Jacobian and one with its transpose each. They start from a probe's image. */
export const STEPS = 3;
/** Probes of ±1 at each latent (Hutchinson 1990). */
export const PROBES = 4;

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
  const { numLatents } = asked.model.codi;
  const pairs = range(numLatents).flatMap((to) => range(to).map((from): Pair => ({ to, from })));
  const images = await probeImages(asked, pairs);
  const spectral = await spectralNorms(asked, { pairs, starts: images.map(([first = new Float32Array()]) => first) });
  // It is never below the spectral norm; an estimate by few probes may be.
  const frobenius = images.map((own, pair) =>
    Math.max(Math.sqrt(own.reduce((sum, image) => sum + lengthOf(image) ** 2, 0) / own.length), spectral[pair] ?? 0),
  );
  const map = (values: readonly number[]): InfluenceNorms["spectral"] =>
    pairMap(numLatents, (to, from) => values[pairs.findIndex((p) => p.to === to && p.from === from)] ?? null);
  return { spectral: map(spectral), frobenius: map(frobenius) };
}

async function spectralNorms(
  { model, question, downstream }: Asked,
  { pairs, starts }: { readonly pairs: readonly Pair[]; readonly starts: readonly Float32Array[] },
): Promise<number[]> {
  const questions = pairs.map(() => question);
  const pairAt = (row: number): Pair => pairs[row] ?? { to: 1, from: 0 };
  let directions = starts.map(unitOf);
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

/** By pair, Jᵀu of each probe u: of independent ±1, ‖Jᵀu‖² is ‖J‖² on average. One probe serves all latents before it. */
async function probeImages(
  { model, question, downstream, random }: Asked,
  pairs: readonly Pair[],
): Promise<Float32Array[][]> {
  const { dModel } = model.config;
  const probes = range(model.codi.numLatents)
    .slice(1)
    .flatMap((to) =>
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
  return pairs.map(({ to, from }) =>
    back.flatMap(({ gradients }, row) => (probes[row]?.to === to ? [rowAt(gradients.get(INPUT), from).slice()] : [])),
  );
}

/** Whole Jacobians of a latent's input by each earlier one's, a row a vector-Jacobian product. */

import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { addProduct, frobeniusNorm, type Square, spectralNorm } from "./norms.js";
import { type InfluenceNorms, pairMap } from "./record.js";
import { INPUT, rowAt } from "./sites.js";

/** `[to][from]`, each `∂input_to / ∂input_from`; only those where `to` comes after `from`. */
export type Jacobians = readonly (readonly Square[])[];

/** Norms of the total and of the direct Jacobians. */
export function exactNorms(direct: Jacobians): { readonly total: InfluenceNorms; readonly direct: InfluenceNorms } {
  return { total: normsOf(totalJacobians(direct)), direct: normsOf(direct) };
}

/**
 * With all other latents' inputs held: what passes through keys and values alone, and from a latent to its neighbour through the state
 * that is fed back.
 */
export async function directJacobians(model: CodiModel, question: string): Promise<Jacobians> {
  const { dModel: width } = model.config;
  const targets = range(model.codi.numLatents).slice(1);
  const rows = targets.flatMap((to) => range(width).map((row) => ({ to, row })));
  const found = await model.gradientBatch(
    rows.map(() => question),
    {
      of: (place) => {
        const { to = 1, row = 0 } = rows[place] ?? {};
        return { kind: "dot", site: INPUT, address: `latent.${to}`, vector: unitVector(width, row) };
      },
      at: [INPUT],
      downstream: "pin",
    },
  );
  const jacobian = (to: number, from: number): Square => {
    const data = new Float64Array(width * width);
    for (const row of range(width)) {
      const gradients = found[(to - 1) * width + row]?.gradients;
      if (gradients !== undefined) data.set(rowAt(gradients.get(INPUT), from), row * width);
    }
    return { width, data };
  };
  return [[], ...targets.map((to) => range(to).map((from) => jacobian(to, from)))];
}

/**
 * With nothing held. An input is a function of all inputs before it, so by the chain rule its total derivative by one of them is the
 * direct one, and each direct one by a latent between times that latent's total one.
 */
export function totalJacobians(direct: Jacobians): Jacobians {
  const totals: Square[][] = [];
  for (const row of direct) {
    const made = row.map(({ width, data }, from): Square => {
      const sum = { width, data: data.slice() };
      for (const [between, factor] of row.entries()) {
        const before = totals[between]?.[from];
        if (before !== undefined) addProduct(sum, factor, before);
      }
      return sum;
    });
    totals.push(made);
  }
  return totals;
}

function normsOf(jacobians: Jacobians): InfluenceNorms {
  const map = (norm: (matrix: Square) => number): InfluenceNorms["spectral"] =>
    pairMap(jacobians.length, (to, from) => {
      const matrix = jacobians[to]?.[from];
      return matrix === undefined ? null : norm(matrix);
    });
  return { frobenius: map(frobeniusNorm), spectral: map(spectralNorm) };
}

function unitVector(width: number, place: number): Float32Array {
  const vector = new Float32Array(width);
  vector[place] = 1;
  return vector;
}

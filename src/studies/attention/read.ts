/** What a clean run's values weigh, and its rollout, as its record has them. */

import type { RunResult } from "../../model/latent/run-types.js";
import { layerKey } from "../baseline/record.js";
import type { StudyFields } from "../fields.js";
import type { FlowReading } from "./record.js";

/** @returns one layer's part of the record; nothing for a run that did not keep it. */
export function flowOf({ flow, attention, answer }: RunResult, layer: number): { flow?: FlowReading } {
  const written = flow?.written.get(layer);
  const weights = attention.get(layer);
  if (written === undefined || weights === undefined) return {};
  const heads = Math.round(Math.sqrt(written[0]?.length ?? 0));
  const norms = Array.from({ length: heads }, (_, head) =>
    written.map((products) => short(Math.sqrt(Math.max(0, products[head * heads + head] ?? 0)))),
  );
  const carried = (row: Float32Array | undefined): number[] | null =>
    row === undefined ? null : written.map((products, latent) => short(carriedNorm(row, products, latent)));
  const eot = carried(weights.get("eot"));
  if (eot === null) return {};
  const { numberToken } = answer;
  return {
    flow: {
      valueNorms: norms,
      eot,
      number: numberToken === null ? null : carried(weights.get(`answer.${numberToken}`)),
    },
  };
}

/** @returns the rollout by layer; nothing for a run that did not keep it. */
export function rolloutOf({ flow }: RunResult): Pick<StudyFields, "rollout"> {
  if (flow === null) return {};
  return {
    rollout: Object.fromEntries([...flow.rollout].map(([layer, row]) => [layerKey(layer), Array.from(row, short)])),
  };
}

/**
 * Norm of what all heads together carry from a latent: of the sum of weight times what the head writes.
 *
 * @param weights `[heads, latents]`. @param products `[heads, heads]`, inner products of what the heads write.
 */
export function carriedNorm(weights: Float32Array, products: Float32Array, latent: number): number {
  const heads = Math.round(Math.sqrt(products.length));
  const latents = weights.length / heads;
  const weight = (head: number): number => weights[head * latents + latent] ?? 0;
  let total = 0;
  for (let a = 0; a < heads; a++)
    for (let b = 0; b < heads; b++) total += weight(a) * weight(b) * (products[a * heads + b] ?? 0);
  return Math.sqrt(Math.max(0, total));
}

/** Five digits: enough for statistics, and short in a record. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}

/** How many bytes a load holds, from the plan alone. */

import { float32Bytes, planned, type WeightPlan } from "../../checkpoint/planned-weights.js";
import { elements } from "../../checkpoint/store.js";
import { PART_BYTES, passingBytes } from "../../checkpoint/weight-reader.js";
import type { Hold } from "../../tensor/hold-names.js";
import { heldWeights, onePieces, weightLayout } from "./weight-layout.js";

/** Bytes of a load, without the engine's own. */
export interface LoadBytes {
  /** Weights on the engine: in float32, unless asked otherwise. */
  readonly weightBytes: number;
  /** What of the files is in memory at once while they are read. */
  readonly passingBytes: number;
}

/** @returns bytes of the weights as they are held, and of what passes on the way to it; no weight is read. */
export function bytesOfLoad(plan: WeightPlan, hold: Hold = "float32"): LoadBytes {
  return {
    weightBytes: float32Bytes(plan) - savedBytes(plan, hold),
    passingBytes: passingBytes(plan, weightLayout(plan)),
  };
}

/** What is held in 16 bits takes half of what it takes in float32. */
function savedBytes(plan: WeightPlan, hold: Hold): number {
  if (hold === "float32") return 0;
  return [...heldWeights(plan)].reduce((sum, name) => sum + 2 * elements(planned(plan, name).shape), 0);
}

/** Float32 bytes of the largest matrix that is held in 16 bits: so much passes whenever a batch is multiplied by it. */
export function widenedBytes(plan: WeightPlan, hold: Hold = "float32"): number {
  if (hold === "float32") return 0;
  const held = heldWeights(plan);
  const weights = new Map([...plan.weights].filter(([name]) => held.has(name)));
  // What may be in parts is widened part by part.
  const part = 2 * Math.min(PART_BYTES, 2 * Math.max(0, ...[...weights.values()].map(({ shape }) => elements(shape))));
  return Math.max(part, ...onePieces({ ...plan, weights }).values());
}

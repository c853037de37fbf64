/** How many bytes a load holds, from the plan alone. */

import { float32Bytes, type WeightPlan } from "../../checkpoint/planned-weights.js";
import { passingBytes } from "../../checkpoint/weight-reader.js";
import { weightLayout } from "./weight-layout.js";

/** Bytes of a load, without the engine's own. */
export interface LoadBytes {
  /** Float32 weights on the engine. */
  readonly weightBytes: number;
  /** What of the files is in memory at once while they are read. */
  readonly passingBytes: number;
}

/** @returns bytes of the weights on the engine, and of what passes on the way to it; no weight is read. */
export function bytesOfLoad(plan: WeightPlan): LoadBytes {
  return { weightBytes: float32Bytes(plan), passingBytes: passingBytes(plan, weightLayout(plan)) };
}

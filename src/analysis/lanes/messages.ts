/** What the main thread and the ones beside it say to each other. */

import type { Failure } from "../../base/failure.js";
import type { Given, Kind, Made } from "./tasks.js";

/** To a thread: a task, which it computes where it is the first to claim it. */
export type ToThread = {
  readonly [K in Kind]: { readonly id: number; readonly kind: K; readonly given: Given[K] };
}[Kind];

/** From a thread. */
export type FromThread =
  | { readonly id: number; readonly made: Made[Kind] }
  | { readonly id: number; readonly failure: Failure };

/** What a thread is started with. */
export interface ThreadData {
  /** A number a task: who has it, 0 while it is nobody's. */
  readonly claims: SharedArrayBuffer;
  /** Who the thread is, from 1. */
  readonly me: number;
}

/** Claims a task. @returns whether it is mine: of all who ask, the first one gets it. */
export function claim(claims: Int32Array, { id, me }: { readonly id: number; readonly me: number }): boolean {
  return Atomics.compareExchange(claims, id, 0, me) === 0;
}

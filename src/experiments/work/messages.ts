/** What a worker's process and the one that it works for say to each other. Plain data, one question at a time. */

import type { Job } from "../jobs/job.js";
import type { Failure } from "./failure.js";
import type { EngineStart, FinishedRun, ModelSource, Worker } from "./worker.js";

/** Questions, and what is given with each. */
export interface Given {
  readonly start: EngineStart;
  readonly load: ModelSource;
  readonly compute: Job;
  readonly measureSteps: null;
  readonly writeProfile: string;
  readonly afterRun: FinishedRun;
  readonly peakMemory: null;
}

/** What a question is answered by. */
export type Answer<K extends keyof Given> = Awaited<ReturnType<Worker[K]>>;

/** To the worker's process. */
export type ToWorker = { readonly [K in keyof Given]: { readonly kind: K; readonly given: Given[K] } }[keyof Given];

/** From the worker's process. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "notice"; readonly text: string }
  /** Token-forwards since the last time. */
  | { readonly kind: "forwarded"; readonly tokenForwards: number }
  | { readonly kind: "answer"; readonly answer: unknown }
  | { readonly kind: "failure"; readonly failure: Failure }
  /** It could not have any more memory and ends; nothing that it holds can be relied on. */
  | { readonly kind: "exhausted" };

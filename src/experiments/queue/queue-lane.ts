/** One lane of a queue: a worker that is somewhere else, whichever takes the job. */

import type { StepRate } from "../../model/latent/plan/rates.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import type { Worker } from "../work/worker.js";
import type { Exchange } from "./exchange.js";
import type { Gate } from "./gate.js";

/** What the lanes of a run share. */
export interface LaneParts {
  readonly exchange: Exchange;
  /** The run's, which every worker must have. */
  readonly engine: EngineInfo;
  readonly gate: Gate;
  /** Job → what hears of its token-forwards. */
  readonly forwarded: Map<string, (tokenForwards: number) => void>;
}

/** Computes by waiting. */
export class QueueLane implements Worker {
  /** @param place among the lanes: a later one begins when more workers are there. */
  constructor(
    readonly place: number,
    readonly parts: LaneParts,
  ) {}

  async start(): Promise<EngineInfo> {
    return this.parts.engine;
  }

  /** Waits until the queue has room, so that no more jobs are taken than workers need. */
  load(): Promise<void> {
    return this.parts.gate.widerThan(this.place);
  }

  async compute(job: Job, onForward: (tokenForwards: number) => void): Promise<readonly ExperimentRecord[]> {
    const { gate, exchange, forwarded } = this.parts;
    await gate.enter();
    forwarded.set(job.key, onForward);
    try {
      return await exchange.compute(job);
    } finally {
      forwarded.delete(job.key);
      gate.leave();
    }
  }

  async measureSteps(): Promise<StepRate[]> {
    return [];
  }

  async writeProfile(): Promise<readonly string[]> {
    return [];
  }

  async afterRun(): Promise<void> {}

  async peakMemory(): Promise<number> {
    return 0;
  }

  close(): void {}
}

/** What computes a run: one worker or several, be they processes of this machine or of others. */

import type { EngineInfo } from "../../model/tensor/engine.js";
import type { Setup } from "../plan/setup.js";
import type { EngineStart, Worker } from "./worker.js";

/** The workers of one run. The coordinator drives a lane each: it hands the worker one job after the other and keeps what comes back. */
export interface Crew {
  /** Starts the engine when the run is planned, and is asked what is asked once a run: steps, profile, what studies make at the end. */
  readonly lead: Worker;
  /** Whether jobs are computed by the processors of this machine, so that their times tell its speed. */
  readonly isHere: boolean;
  /** How many compute beside the lead, where lanes are no workers; else it is the lanes' number. */
  readonly helpers?: number;
  /**
   * Others beside the lead are likely to be of use, so that they may start while the run is planned. Called before `lanes`, or never.
   *
   * @param lead the lead's engine: where it is no processor, others are not to take it before they are asked to.
   */
  expect?(others: number, engine: EngineStart, lead: Promise<EngineInfo>): void;
  /**
   * The workers that compute jobs; the lead is the first of them where it computes any. Each is started and loads the model before its first
   * job. Called once.
   *
   * @param jobs how many are left; where they are many, only that they are more than `setup.crew.workers`.
   */
  lanes(setup: Setup, jobs: number): readonly Worker[];
  /** Workers beside the lead that have loaded the model and have nothing to do, once all jobs are done; without it, none. */
  besides?(): readonly Worker[];
  /** Lets go of all of them. */
  close(): void;
}

/** A crew of one. */
export function crewOfOne(worker: Worker): Crew {
  return { lead: worker, isHere: true, lanes: () => [worker], close: () => worker.close() };
}

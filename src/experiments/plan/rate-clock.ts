/** Times a run beside what its steps add up to, for the estimates of later ones. Nothing that is computed depends on it. */

import type { StepRate } from "../../model/latent/plan/rates.js";
import { type BatchCost, secondsOf } from "../jobs/estimate.js";
import { isWorthReading, keepFactor, keepReading, type RateSubject, readRates } from "./rate-cache.js";

/** One part's time. */
export interface PartClock {
  /** Token-forwards that it is planned to take. */
  readonly planned: number;
  /** The part has been computed. */
  stop(): void;
}

/** What a clock asks of others. */
export interface ClockHooks {
  /** Whether this machine computes; else its rates tell nothing, and nothing is timed for later. */
  readonly isHere: boolean;
  readonly measure: () => Promise<StepRate[]>;
  readonly notice: (text: string) => void;
}

/** A run's clock, part by part, of one worker or several side by side: what counts is how long they are at work, not how long the run takes. */
export class RateClock {
  #seconds = 0;
  readonly #costs: BatchCost[] = [];

  private constructor(
    readonly subject: RateSubject,
    readonly isHere: boolean,
  ) {}

  /** Times steps first, where too few readings of this machine and shape are kept or the last is old. */
  static async of(subject: RateSubject, { isHere, measure, notice }: ClockHooks): Promise<RateClock> {
    const known = readRates(subject);
    if (isHere && isWorthReading(known)) {
      const start = performance.now();
      const { path } = keepReading(subject, await measure());
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (known === null)
        notice(
          `steps of this model's shape timed on this machine, for the estimates of --dry-run only (${seconds} s; ${path === "" ? "could not be kept" : path})`,
        );
    }
    return new RateClock(subject, isHere);
  }

  /** A part begins. */
  start(costs: readonly BatchCost[]): PartClock {
    const began = performance.now();
    return {
      planned: costs.reduce((sum, { tokenForwards }) => sum + tokenForwards, 0),
      stop: () => {
        this.#seconds += (performance.now() - began) / 1000;
        this.#costs.push(...costs);
      },
    };
  }

  /** Notes how the run went. */
  keep(): void {
    const known = readRates(this.subject);
    if (!this.isHere || known === null || this.#costs.length === 0) return;
    keepFactor(this.subject, this.#seconds / secondsOf(this.#costs, known.steps));
  }
}

/** Times a run beside what its steps add up to, for the estimates of later ones. Nothing that is computed depends on it. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import { type BatchCost, secondsOf } from "../jobs/estimate.js";
import { rateSubject, type Setup } from "./plan.js";
import { isWorthReading, keepFactor, keepReading, readRates } from "./rate-cache.js";

/** A run's clock, part by part. */
export class RateClock {
  #seconds = 0;
  #began = 0;
  #part: readonly BatchCost[] = [];
  readonly #costs: BatchCost[] = [];

  constructor(readonly setup: Setup) {}

  /** Times steps first, where too few readings of this machine and shape are kept or the last is old. */
  static async of(model: CodiModel, setup: Setup, notice: (text: string) => void): Promise<RateClock> {
    const subject = rateSubject(setup);
    const known = readRates(subject);
    if (isWorthReading(known)) {
      const start = performance.now();
      const { path } = keepReading(subject, await model.measureSteps());
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (known === null)
        notice(
          `steps of this model's shape timed on this machine, for the estimates of --dry-run only (${seconds} s; ${path === "" ? "could not be kept" : path})`,
        );
    }
    return new RateClock(setup);
  }

  /** A part begins. @returns the token-forwards that it is planned to take. */
  start(costs: readonly BatchCost[]): number {
    this.#part = costs;
    this.#began = performance.now();
    return costs.reduce((sum, { tokenForwards }) => sum + tokenForwards, 0);
  }

  /** The part has been computed. */
  stop(): void {
    this.#seconds += (performance.now() - this.#began) / 1000;
    this.#costs.push(...this.#part);
  }

  keep(): void {
    const subject = rateSubject(this.setup);
    const known = readRates(subject);
    if (known === null || this.#costs.length === 0) return;
    keepFactor(subject, this.#seconds / secondsOf(this.#costs, known.steps));
  }
}

/** Times a run beside what its steps add up to, for the estimates of later ones. Nothing that is computed depends on it. */

import type { StepRate } from "../../model/latent/plan/rates.js";
import { type BatchCost, secondsOf } from "../jobs/estimate.js";
import { isWorthReading, keepFactor, keepReading, type RateSubject, readRates } from "./rate-cache.js";

/** A run's clock, part by part. */
export class RateClock {
  #seconds = 0;
  #began = 0;
  #part: readonly BatchCost[] = [];
  readonly #costs: BatchCost[] = [];

  constructor(readonly subject: RateSubject) {}

  /** Times steps first, where too few readings of this machine and shape are kept or the last is old. */
  static async of(
    subject: RateSubject,
    { measure, notice }: { readonly measure: () => Promise<StepRate[]>; readonly notice: (text: string) => void },
  ): Promise<RateClock> {
    const known = readRates(subject);
    if (isWorthReading(known)) {
      const start = performance.now();
      const { path } = keepReading(subject, await measure());
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      if (known === null)
        notice(
          `steps of this model's shape timed on this machine, for the estimates of --dry-run only (${seconds} s; ${path === "" ? "could not be kept" : path})`,
        );
    }
    return new RateClock(subject);
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
    const known = readRates(this.subject);
    if (known === null || this.#costs.length === 0) return;
    keepFactor(this.subject, this.#seconds / secondsOf(this.#costs, known.steps));
  }
}

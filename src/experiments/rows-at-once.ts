/** How many rows a run computes at once: what it was told, what its folder was begun with, or what this machine computes well. */

import type { CodiModel } from "../model/codi/codi-model.js";
import { DEFAULT_ROWS } from "../model/codi/packing.js";
import { bestRows } from "../model/codi/step-rates.js";
import { type BatchCost, batchCosts, secondsOf } from "./estimate.js";
import type { Numbered } from "./isolation.js";
import { layoutOf, rateSubject, type Setup } from "./plan.js";
import { keepFactor, keepRates, readRates } from "./rate-cache.js";
import { readManifest } from "./store.js";

/** The rows of the run whose folder this is; nothing where it has not come so far. */
export function rowsOfFolder(dir: string): { readonly rows?: number } {
  const rows = readManifest(dir)?.settings.rowsPerBatch;
  return rows === undefined ? {} : { rows };
}

/** Takes the rates of an earlier run here, or measures and keeps them. */
export async function chooseRows(model: CodiModel, setup: Setup, notice: (text: string) => void): Promise<number> {
  if (setup.options.rows !== undefined) return setup.options.rows;
  const subject = rateSubject(setup);
  const known = readRates(subject);
  if (known !== null) return bestRows(known.steps) ?? DEFAULT_ROWS;
  const start = performance.now();
  const kept = keepRates(subject, await model.measureSteps());
  const rows = bestRows(kept.steps) ?? DEFAULT_ROWS;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  notice(
    `measured once: this machine computes up to ${rows} rows of this model's shape well at once (${seconds} s; ${kept.path === "" ? "could not be kept" : kept.path})`,
  );
  return rows;
}

/** Compares a run's time with what its steps add up to, for the estimates of later ones. */
export class RateClock {
  #seconds = 0;
  #began = 0;
  #batch: readonly BatchCost[] = [];
  readonly #costs: BatchCost[] = [];

  constructor(readonly setup: Setup) {}

  /** A batch begins. @returns the token-forwards that it is planned to take. */
  start(batch: readonly Numbered[]): number {
    const { setup } = this;
    this.#batch = batchCosts(
      batch.map(({ problem }) => problem.question),
      setup.conditions,
      layoutOf(setup, setup.rows ?? DEFAULT_ROWS),
    );
    this.#began = performance.now();
    return this.#batch.reduce((sum, { tokenForwards }) => sum + tokenForwards, 0);
  }

  /** The batch has been computed. */
  stop(): void {
    this.#seconds += (performance.now() - this.#began) / 1000;
    this.#costs.push(...this.#batch);
  }

  keep(): void {
    const subject = rateSubject(this.setup);
    const known = readRates(subject);
    if (known === null || this.#costs.length === 0) return;
    keepFactor(subject, this.#seconds / secondsOf(this.#costs, known.steps));
  }
}

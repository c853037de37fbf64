/** A reading of a study's own: a study's file need not import the engine, which it is given with the plan. */

import { BadInputError, CodiLensError } from "../base/errors.js";
import { parseSite, type SiteName } from "../model/hooks/names.js";
import type { Observer } from "../model/hooks/observer.js";
import type { SequenceLayout } from "../model/latent/layout.js";
import type { Reading, ReadingPlan, Recorder } from "../model/latent/readings/reading.js";
import { tf } from "../model/tensor/tf.js";

/** An `Observer` as a study writes it down. */
export interface PlannedObserver extends Omit<Observer, "site" | "wants"> {
  /** `blocks.8.hook_resid_post`, or what `parseSite` gives. */
  readonly site: string | Observer["site"];
  /** Default: every step. */
  readonly wants?: Observer["wants"];
}

/** A `Reading` as a study writes it down; any `Reading` is one. */
export interface PlannedReading {
  /** What it gives stands below this name in `result.readings`. */
  readonly name: string;
  /** Begins a batch. @param plan with the engine's operations. */
  start(plan: ReadingPlan & { readonly tf: typeof tf }): {
    readonly observers: readonly PlannedObserver[];
    /** Nothing, or null, for a row that is not read. */
    of(row: number, layout: SequenceLayout): unknown;
  };
}

const ready = new WeakMap<PlannedReading, Reading<unknown>>();

/** The reading, ready to run: the same one each time. Its functions throw BadInputError with the reading's name. */
export function readingOf(planned: PlannedReading): Reading<unknown> {
  const reading = ready.get(planned) ?? { name: planned.name, start: (plan: ReadingPlan) => started(planned, plan) };
  ready.set(planned, reading);
  return reading;
}

function started(planned: PlannedReading, plan: ReadingPlan): Recorder<unknown> {
  const { name } = planned;
  const { layers } = plan.decoder.config;
  return guarded({ name, called: "start()" }, () => {
    const recorder = planned.start({ ...plan, tf });
    return {
      observers: recorder.observers.map((each) => observerOf(each, { name, layers })),
      of: (row, layout) => guarded({ name, called: "of()" }, () => recorder.of(row, layout) ?? null),
    };
  });
}

function observerOf(
  planned: PlannedObserver,
  { name, layers }: { readonly name: string; readonly layers: number },
): Observer {
  const { site } = planned;
  return {
    site: typeof site === "string" ? parseSite(site as SiteName, { layers, features: [] }) : site,
    wants: (step) => guarded({ name, called: "wants()" }, () => planned.wants?.(step) ?? true),
    reduce: (x, step) =>
      guarded({ name, called: "reduce()" }, () => {
        const reduced: unknown = planned.reduce(x, step);
        if (reduced instanceof tf.Tensor) return reduced;
        throw new BadInputError(`Reading "${name}": reduce() gave ${typeof reduced}, wanted a tensor`, HINT);
      }),
    store: (values, shape, step) => guarded({ name, called: "store()" }, () => planned.store(values, shape, step)),
  };
}

const HINT = "docs/studies.md, “A reading of your own”, shows a whole one";

function guarded<T>({ name, called }: { readonly name: string; readonly called: string }, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    if (error instanceof CodiLensError) throw new BadInputError(`Reading "${name}": ${error.message}`, error.hint);
    const message = error instanceof Error ? error.message : String(error);
    throw new BadInputError(`Reading "${name}": ${called} threw: ${message}`, HINT);
  }
}

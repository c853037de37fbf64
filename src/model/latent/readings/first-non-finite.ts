/** Finds the first block whose output is not finite. */

import { blockSite, parseSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { tf } from "../../tensor/tf.js";

/** Observers on every block's output, and what they found. */
export interface NonFiniteFinder {
  readonly observers: Observer[];
  /** `in blocks.3.hook_resid_post at latent.2`, or null. */
  found(): string | null;
}

/** @param layers depth of the model. */
export function locateNonFinite(layers: number): NonFiniteFinder {
  let first: string | null = null;
  const observers = Array.from({ length: layers }, (_, layer): Observer => {
    const site = parseSite(blockSite(layer, "hook_resid_post"), layers);
    return {
      site,
      wants: () => first === null,
      reduce: (x) => tf.cast(tf.all(tf.isFinite(x)), "float32"),
      store: (values, _, step) => {
        if (values[0] !== 1) first ??= `in ${site.name} at ${step.label}`;
      },
    };
  });
  return { observers, found: () => first };
}

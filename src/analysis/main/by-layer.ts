/** How the main study's figures and tables name layers and what was done at a latent. */

import type { Summary } from "../summary-types.js";

/** The correlations in numeric order of their layers. */
export function byLayer({ correlations }: Pick<Summary, "correlations">): Summary["correlations"] {
  return [...correlations].sort((a, b) => a.layer - b.layer);
}

/** What was done at the latent, in words. */
export function zeroing({ ablateLayer }: Pick<Summary, "ablateLayer">): string {
  return ablateLayer === null
    ? "the latent is zeroed (the files do not say at which block)"
    : `the output of block ${ablateLayer} is zeroed at the latent`;
}

/** The autoencoders that a run was given, by the sites of their features. No tensor is needed for that. */

import type { SiteName } from "../../hooks/names.js";
import type { SparseAutoencoder } from "./sparse-autoencoder.js";

/** Autoencoders, where there are any. */
export type Saes = readonly SparseAutoencoder[] | undefined;

/** The sites of their features; undefined without any, so that options stay as they were. */
export function sitesOfSaes(saes: Saes): readonly SiteName[] | undefined {
  return saes?.map(({ site }) => site.name);
}

/** The one whose features stand at a site. */
export function saeAt(saes: Saes, site: SiteName): SparseAutoencoder | undefined {
  return saes?.find((each) => each.site.name === site);
}

/** How many features the largest has; 0 without any. */
export function mostFeatures(saes: Saes): number {
  return Math.max(0, ...(saes ?? []).map(({ features }) => features));
}

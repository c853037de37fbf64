/** Whether two shards can be merged: of one run, of one cut, and with the same settings. */

import { differences, differingFields, type Fingerprint } from "../../records/fingerprint.js";
import type { Manifest } from "../../records/manifest.js";

/** What shards of one run have in common. */
export interface ShardFacts extends Pick<Manifest, "fingerprint" | "settings"> {
  /** How many shards the run was cut into. */
  readonly count: number;
}

/** The first of what sets two apart, and for run and settings the fields with both values. */
export type Strangeness =
  | { readonly of: "run" | "settings"; readonly differing: string }
  | { readonly of: "cut"; readonly count: number };

/** @returns null where both can be merged. */
export function strangeness(there: ShardFacts, here: ShardFacts): Strangeness | null {
  const run = differences(there.fingerprint as Partial<Fingerprint>, here.fingerprint as unknown as Fingerprint);
  if (run.length > 0) return { of: "run", differing: run.join("; ") };
  if (there.count !== here.count) return { of: "cut", count: there.count };
  const settings = differingFields(there.settings, here.settings);
  return settings.length === 0 ? null : { of: "settings", differing: settings.join("; ") };
}

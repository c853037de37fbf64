/** The package's studies with the types of what they keep in `summary.json`. */

import type { Summary } from "../../src/analysis/index.js";
import type { AttributionSummary } from "../../src/studies/attribution/summary.js";
import type { FirstTokenCondition } from "../../src/studies/corruption/first-token.js";
import type { EdgesSummary } from "../../src/studies/edges/summary.js";
import type { StudySummary } from "../../src/studies/finding.js";
import type { InfluenceSummary } from "../../src/studies/influence/summary.js";
import type { LayerLensSummary } from "../../src/studies/lens/layers.js";
import type { LensMap } from "../../src/studies/lens/summary.js";
import type { PatchingSummary } from "../../src/studies/patching/summary.js";
import type { ResidualSummary } from "../../src/studies/residual/summary.js";
import type { KnockoutCondition } from "../../src/studies/shared/knockout-effects.js";
import type { SteeringSummary } from "../../src/studies/steering/summary.js";
import type { LatentShares } from "../../src/studies/subsets/shares.js";
import type { SubspaceSummary } from "../../src/studies/subspace/summary.js";
import type { VerifiedSummary } from "../../src/studies/verified/summary.js";

/** One of them; only its own fields are there. */
export interface KnownStudy extends StudySummary {
  readonly conditions: readonly (KnockoutCondition & FirstTokenCondition)[];
  readonly shares: LatentShares | null;
  readonly lens: LensMap | null;
  readonly layerLens?: LayerLensSummary;
  readonly patching?: PatchingSummary;
  readonly attribution?: Omit<AttributionSummary, "cells" | "predictions">;
  readonly edges?: Omit<EdgesSummary, "edges">;
  readonly residual?: ResidualSummary;
  readonly verified?: Pick<VerifiedSummary, "levels">;
  readonly influence?: InfluenceSummary;
  readonly steering?: SteeringSummary;
  readonly subspace?: SubspaceSummary;
}

/** @returns makes something of a study by its name; nothing where it did not run. */
export function ofStudyIn(
  summary: Pick<Summary, "studies">,
): <T>(name: string, make: (study: KnownStudy) => readonly T[]) => readonly T[] {
  return (name, make) => {
    const study = knownStudy(summary, name);
    return study === undefined ? [] : make(study);
  };
}

/** @returns undefined where it did not run. */
export function knownStudy({ studies }: Pick<Summary, "studies">, name: string): KnownStudy | undefined {
  return studies.find((study) => study.name === name) as KnownStudy | undefined;
}

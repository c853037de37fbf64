/** What a run was given, checked before its first forward: its autoencoders, and its interventions on their sites and the model's. */

import type { Intervention } from "../../hooks/interventions.js";
import type { SiteModel } from "../../hooks/names.js";
import { siteSizesOf } from "../execute-model.js";
import type { ModelParts } from "../load/model-parts.js";
import type { CommonOptions } from "../run-types.js";
import { checkSaes } from "../sae/check-saes.js";
import { sitesOfSaes } from "../sae/given-saes.js";
import { checkIntervention } from "./check-intervention.js";

/** @returns what sites are looked up in. @throws UsageError for an autoencoder of another model, and for what a site does not have. */
export function checkPlanned(
  planned: readonly Intervention[],
  parts: ModelParts,
  { saes, values = {} }: Pick<CommonOptions, "saes" | "values">,
): Exclude<SiteModel, number> {
  checkSaes(saes, parts);
  const { layers, family } = parts.config;
  const sizes = siteSizesOf(parts);
  const sites = { layers, family, features: sitesOfSaes(saes) };
  for (const each of planned) checkIntervention(each, { ...sites, saes, values, sizes });
  return sites;
}

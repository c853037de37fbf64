/** The sites of the loop that a protocol has: only where states are projected there is a projection, and only where there are latents any of them. */

import { UsageError } from "../../../base/errors.js";
import { expandSites, type SiteModel, type SiteName } from "../../hooks/names.js";
import type { Protocol } from "../protocols/protocol.js";
import type { Batch } from "../run-types.js";
import { sitesOfSaes } from "../sae/given-saes.js";
import type { LoopModel } from "./loop.js";

/** Of a protocol, what decides. */
type Loop = Pick<Protocol, "name" | "feedback">;

/**
 * The sites that patterns name.
 *
 * @throws UsageError for one that the protocol does not have; a glob that also matches others leaves it out.
 */
export function sitesHere(
  patterns: readonly string[],
  { model, protocol }: { readonly model: SiteModel; readonly protocol: Loop },
): SiteName[] {
  const here = (site: string): boolean => lackOf(site, protocol) === null;
  const kept = patterns.filter((pattern) => !pattern.includes("*") || expandSites([pattern], model).some(here));
  const lost =
    patterns.find((pattern) => !kept.includes(pattern)) ?? kept.find((each) => !each.includes("*") && !here(each));
  if (lost !== undefined) throw notHere(lost, protocol);
  return expandSites([...patterns], model).filter(here);
}

/** What the sites of a batch are looked up in: those of the model, and of the autoencoders that it was given. */
export function sitesOf(
  { decoder }: Pick<LoopModel, "decoder">,
  { options }: Pick<Batch, "options">,
): Exclude<SiteModel, number> {
  const { layers, family } = decoder.config;
  return { layers, family, features: sitesOfSaes(options.saes) };
}

/** @throws UsageError for a site that the protocol does not have. */
export function checkSiteHere(site: string, { protocol }: { readonly protocol: Loop }): void {
  if (lackOf(site, protocol) !== null) throw notHere(site, protocol);
}

function lackOf(site: string, { feedback }: Loop): string | null {
  if (site.startsWith("prj.") && feedback !== "projection") return "no projection";
  return site.startsWith("latents.") && feedback === "none" ? "no latents" : null;
}

function notHere(site: string, protocol: Loop): UsageError {
  const lack = lackOf(site, protocol) ?? (protocol.feedback === "none" ? "no latents" : "no projection");
  return new UsageError(
    `Protocol ${protocol.name} has ${lack}, and so no site "${site}"`,
    lack === "no latents"
      ? "name a site of a block, such as blocks.L.hook_resid_post"
      : "what is fed back is latents.hook_hidden, what goes in latents.hook_input",
  );
}

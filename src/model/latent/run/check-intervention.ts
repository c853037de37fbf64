/** Whether an intervention can act where it is to, checked before anything is computed. No tensor is needed for that. */

import { UsageError } from "../../../base/errors.js";
import { type Address, formatAddress } from "../../hooks/address.js";
import {
  formatIntervention,
  type Intervention,
  interventionAddresses,
  type Operation,
} from "../../hooks/interventions.js";
import { expandSites, type ParsedSite, parseSite } from "../../hooks/names.js";

/** What the model has blocks for, and which values were given by name. */
export interface CheckContext {
  readonly layers: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** @throws UsageError for an operation that its site does not have, before anything is computed. */
export function checkIntervention(intervention: Intervention, context: CheckContext): void {
  const label = formatIntervention(intervention);
  for (const name of expandSites([intervention.site], context.layers)) {
    const site = parseSite(name, context.layers);
    checkOperation(intervention.operation, site, { label, context });
    checkAddresses(site, interventionAddresses(intervention), label);
  }
}

// These make a value a position; a pattern's positions have no common key axis, and padding lies among its keys.
const CELL_OPERATIONS: ReadonlySet<Operation["kind"]> = new Set([
  "mean",
  "resample",
  "shuffle",
  "noise",
  "random",
  "patch",
]);

function isPattern(site: ParsedSite): boolean {
  return site.axes[2] === "query";
}

/** @throws UsageError for an address of a part that the site does not have. */
export function checkAddresses(site: ParsedSite, addresses: readonly Address[], label: string): void {
  if (site.axes[1] !== "latent") return;
  const wrong = addresses.find((address) => address.part !== "latent" && address.part !== "all");
  if (wrong !== undefined)
    throw new UsageError(
      `${label}: site "${site.name}" exists at latents only, found @${formatAddress(wrong)}`,
      "use latent.K",
    );
}

/** @throws UsageError for an operation that the site does not have. */
export function checkOperation(
  operation: Operation,
  site: ParsedSite,
  { label, context }: { readonly label: string; readonly context: Pick<CheckContext, "values"> },
): void {
  if (operation.kind === "knockout") {
    if (site.kind !== "attn.hook_pattern")
      throw new UsageError(
        `${label}: knockout acts on attn.hook_pattern, found "${site.name}"`,
        "name blocks.L.attn.hook_pattern",
      );
    return;
  }
  if (CELL_OPERATIONS.has(operation.kind) && isPattern(site)) {
    throw new UsageError(
      `${label}: ${operation.kind} is not defined on "${site.name}", whose key axis differs between positions`,
      "use knockout or scale",
    );
  }
  if (operation.kind === "patch" && operation.head !== null && site.axes[2] !== "heads" && site.axes[2] !== "kvHeads")
    throw new UsageError(
      `${label}: site "${site.name}" has no heads`,
      "name a site by heads, such as blocks.L.attn.hook_z",
    );
  if ((operation.kind === "add" || operation.kind === "replace") && !Object.hasOwn(context.values, operation.ref)) {
    const known = Object.keys(context.values).join(", ") || "none given";
    throw new UsageError(`${label}: no value named "${operation.ref}"`, `pass it in values; known: ${known}`);
  }
}

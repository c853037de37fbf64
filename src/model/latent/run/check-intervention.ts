/** Whether an intervention can act where it is to, checked before anything is computed. No tensor is needed for that. */

import { UsageError } from "../../../base/errors.js";
import type { FamilyName } from "../../decoder/family-names.js";
import { type Address, formatAddress } from "../../hooks/address.js";
import { formatIntervention, type Intervention, interventionAddresses } from "../../hooks/interventions.js";
import { expandSites, type ParsedSite, parseSite, type SiteName } from "../../hooks/names.js";
import type { Operation } from "../../hooks/operation.js";
import { type Saes, saeAt } from "../sae/given-saes.js";
import { checkScope, type SiteSizes } from "./check-scope.js";

/** What the model has blocks for, which values were given by name, and how long the axes are where that is known. */
export interface CheckContext {
  readonly layers: number;
  readonly family?: FamilyName | undefined;
  /** Sites of the run's autoencoders, and these themselves. */
  readonly features?: readonly SiteName[] | undefined;
  readonly saes?: Saes;
  readonly values: Readonly<Record<string, unknown>>;
  /** Lengths of the axes by their names. */
  readonly sizes?: SiteSizes;
}

/** @throws UsageError for an operation that its site does not have, before anything is computed. */
export function checkIntervention(intervention: Intervention, context: CheckContext): void {
  const label = formatIntervention(intervention);
  for (const name of expandSites([intervention.site], context)) {
    const site = parseSite(name, context);
    checkOperation(intervention, site, context);
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
  "project",
  "swap",
]);

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

/** @throws UsageError for an operation, or a part of the site, that the site does not have. */
export function checkOperation(
  intervention: Intervention,
  site: ParsedSite,
  { values, sizes, saes }: Pick<CheckContext, "values" | "sizes" | "saes">,
): void {
  const label = formatIntervention(intervention);
  const { operation } = intervention;
  if (operation.kind === "knockout" && site.kind !== "attn.hook_pattern")
    throw new UsageError(
      `${label}: knockout acts on attn.hook_pattern, found "${site.name}"`,
      "name blocks.L.attn.hook_pattern",
    );
  if (CELL_OPERATIONS.has(operation.kind) && site.axes[2] === "query")
    throw new UsageError(
      `${label}: ${operation.kind} is not defined on "${site.name}", whose key axis differs between positions`,
      "use knockout or scale",
    );
  const value = givenValue(intervention, { label, values });
  const feature = saeAt(saes, site.name)?.features;
  checkScope(intervention, site, { value, sizes: sizes && (feature === undefined ? sizes : { ...sizes, feature }) });
}

/** The value that an operation refers to, or null where it refers to none. @throws UsageError where it was not given. */
function givenValue(
  { operation }: Intervention,
  { label, values }: { readonly label: string; readonly values: CheckContext["values"] },
): unknown {
  if (!("ref" in operation)) return null;
  if (Object.hasOwn(values, operation.ref)) return values[operation.ref];
  const known = Object.keys(values).join(", ") || "none given";
  throw new UsageError(`${label}: no value named "${operation.ref}"`, `pass it in values; known: ${known}`);
}

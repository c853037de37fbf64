/** Interventions as data (zod) and as text: `OPERATION:SITE[SCOPE]@ADDRESS[,ADDRESS…][!pin]`. */

import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { type Address, parseAddress, parseAddresses } from "./address.js";
import { addressText, formatOperation, operationSchema, parseOperation } from "./operation.js";
import { formatScope, parseScope, type Scope, scopeSchema } from "./scope.js";

/** The keys that a knockout takes away, parsed. @throws UsageError when one is no address. */
export function knockoutTargets(to: string): Address[] {
  return parseAddresses(to);
}

/** One intervention: operation, site (`*` for every layer), addresses, downstream rule, and what part of the site it is about. */
export const interventionSchema = z.strictObject({
  operation: operationSchema,
  site: z.string().min(1),
  addresses: z.array(addressText).min(1),
  downstream: z.enum(["propagate", "pin"]),
  scope: scopeSchema.exactOptional(),
});

/** Plain data that can be stored, hashed and replayed. */
export type Intervention = z.infer<typeof interventionSchema>;
export type { Operation } from "./operation.js";

/**
 * Reads an intervention's text form.
 *
 * @throws UsageError saying which part is wrong.
 * @example parseIntervention("zero:blocks.8.attn.hook_z[head.3]@latent.2")
 */
export function parseIntervention(text: string): Intervention {
  const fail = (why: string): UsageError => malformed(text, why);
  const match = /^([a-z]+)(?:\(([^()]*)\))?:([^@![\]]+)(?:\[([^[\]]*)\])?(?:@([^!]+))?(!pin|!propagate)?$/.exec(
    text.trim(),
  );
  if (match === null) throw fail("it has not the form OPERATION:SITE@ADDRESS[,ADDRESS…][!pin]");
  const [, name = "", argument, site = "", scope, addressList, rule] = match;
  const operation = parseOperation({ name, argument, fail });
  const listed = addressList?.split(",").map((part) => part.trim());
  const addresses = operation.kind === "knockout" ? (listed ?? [operation.from]) : listed;
  if (addresses === undefined) throw fail("the address after @ is missing");
  for (const address of addresses) parseAddress(address);
  if (operation.kind === "knockout" && addresses.join() !== operation.from)
    throw fail(`a knockout acts where its query is: @${operation.from}`);
  return {
    operation,
    site,
    addresses,
    downstream: rule === "!pin" ? "pin" : "propagate",
    ...(scope === undefined ? {} : { scope: parseScope(scope, fail) }),
  };
}

/**
 * @returns the canonical text; `parseIntervention` of it gives equal data.
 * @example
 * ```ts
 * formatIntervention(parseIntervention("knockout(eot->latent.2):blocks.3.attn.hook_pattern@eot")); // → knockout(eot→latent.2):blocks.3.attn.hook_pattern@eot
 * ```
 */
export function formatIntervention(intervention: Intervention): string {
  const { operation, site, addresses, downstream, scope } = intervention;
  const part = scope === undefined ? "" : formatScope(scope);
  return `${formatOperation(operation)}:${site}${part}@${addresses.join(",")}${downstream === "pin" ? "!pin" : ""}`;
}

/** The addresses of an intervention, parsed. */
export function interventionAddresses(intervention: Intervention): Address[] {
  return intervention.addresses.map(parseAddress);
}

/** What part of a site's values an intervention acts on: its scope, and the head that a patch names. */
export function scopeOf({ operation, scope = {} }: Intervention): Scope {
  return operation.kind === "patch" && operation.head !== null ? { ...scope, head: operation.head } : scope;
}

function malformed(text: string, why: string): UsageError {
  return new UsageError(
    `Cannot read intervention "${text}": ${why}`,
    "example: zero:blocks.8.hook_resid_post@latent.2",
  );
}

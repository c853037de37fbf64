/** Interventions as data (zod) and as text: `OPERATION:SITE@ADDRESS[,ADDRESS…][!pin]`. */

import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { type Address, formatAddress, parseAddress } from "./address.js";

const addressText = z.string().refine((text) => {
  parseAddress(text);
  return true;
});

/** Several addresses joined by `+`. */
const addressesText = z.string().refine((text) => {
  knockoutTargets(text);
  return true;
});

/** The keys that a knockout takes away, parsed. @throws UsageError when one is no address. */
export function knockoutTargets(to: string): Address[] {
  return to.split("+").map(parseAddress);
}

const operationSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("zero") }),
  z.strictObject({ kind: z.literal("mean") }),
  z.strictObject({ kind: z.literal("resample") }),
  z.strictObject({ kind: z.literal("noise"), sigma: z.number().positive() }),
  z.strictObject({ kind: z.literal("shuffle") }),
  z.strictObject({ kind: z.literal("random") }),
  z.strictObject({ kind: z.literal("add"), ref: z.string().min(1) }),
  z.strictObject({ kind: z.literal("scale"), factor: z.number() }),
  z.strictObject({ kind: z.literal("replace"), ref: z.string().min(1) }),
  z.strictObject({ kind: z.literal("patch"), from: z.string().min(1), head: z.int().nonnegative().nullable() }),
  z.strictObject({ kind: z.literal("knockout"), from: addressText, to: addressesText, renormalise: z.boolean() }),
]);

/** One intervention: operation, site (`*` for every layer), addresses, downstream rule. */
export const interventionSchema = z.strictObject({
  operation: operationSchema,
  site: z.string().min(1),
  addresses: z.array(addressText).min(1),
  downstream: z.enum(["propagate", "pin"]),
});

/** Plain data that can be stored, hashed and replayed. */
export type Intervention = z.infer<typeof interventionSchema>;
/** What is done at the site. */
export type Operation = Intervention["operation"];

/**
 * Reads an intervention's text form.
 *
 * @throws UsageError saying which part is wrong.
 * @example parseIntervention("zero:blocks.8.hook_resid_post@latent.2")
 */
export function parseIntervention(text: string): Intervention {
  const match = /^([a-z]+)(?:\(([^()]*)\))?:([^@!]+)(?:@([^!]+))?(!pin|!propagate)?$/.exec(text.trim());
  if (match === null) throw malformed(text, "it has not the form OPERATION:SITE@ADDRESS[,ADDRESS…][!pin]");
  const [, name = "", argument, site = "", addressList, rule] = match;
  const operation = parseOperation(name, argument, text);
  const listed = addressList?.split(",").map((part) => part.trim());
  const addresses = operation.kind === "knockout" ? (listed ?? [operation.from]) : listed;
  if (addresses === undefined) throw malformed(text, "the address after @ is missing");
  for (const address of addresses) parseAddress(address);
  if (operation.kind === "knockout" && addresses.join() !== operation.from) {
    throw malformed(text, `a knockout acts where its query is: @${operation.from}`);
  }
  return { operation, site, addresses, downstream: rule === "!pin" ? "pin" : "propagate" };
}

/**
 * @returns the canonical text; `parseIntervention` of it gives equal data.
 * @example
 * ```ts
 * formatIntervention(parseIntervention("knockout(eot->latent.2):blocks.3.attn.hook_pattern@eot")); // → knockout(eot→latent.2):blocks.3.attn.hook_pattern@eot
 * ```
 */
export function formatIntervention(intervention: Intervention): string {
  const { operation, site, addresses, downstream } = intervention;
  return `${formatOperation(operation)}:${site}@${addresses.join(",")}${downstream === "pin" ? "!pin" : ""}`;
}

/** The addresses of an intervention, parsed. */
export function interventionAddresses(intervention: Intervention): Address[] {
  return intervention.addresses.map(parseAddress);
}

function formatOperation(operation: Operation): string {
  switch (operation.kind) {
    case "zero":
    case "mean":
    case "resample":
    case "shuffle":
    case "random":
      return operation.kind;
    case "noise":
      return `noise(${operation.sigma})`;
    case "scale":
      return `scale(${operation.factor})`;
    case "add":
    case "replace":
      return `${operation.kind}(${operation.ref})`;
    case "patch":
      return `patch(${operation.from}${operation.head === null ? "" : `,head.${operation.head}`})`;
    case "knockout":
      return `knockout(${operation.from}→${operation.to}${operation.renormalise ? "" : ",raw"})`;
  }
}

function parseOperation(name: string, argument: string | undefined, text: string): Operation {
  switch (name) {
    case "zero":
    case "mean":
    case "resample":
    case "shuffle":
    case "random":
      if (argument !== undefined) throw malformed(text, `${name} takes no argument`);
      return { kind: name };
    case "noise":
      return { kind: "noise", sigma: numberArgument(argument, text, (x) => x > 0) };
    case "scale":
      return { kind: "scale", factor: numberArgument(argument, text, () => true) };
    case "add":
    case "replace":
      if (argument === undefined || argument === "")
        throw malformed(text, `${name} needs a reference, as in ${name}(name)`);
      return { kind: name, ref: argument };
    case "patch":
      return parsePatch(argument, text);
    case "knockout":
      return parseKnockout(argument, text);
    default:
      throw malformed(
        text,
        `unknown operation "${name}" (zero, mean, resample, noise, shuffle, random, add, scale, replace, patch, knockout)`,
      );
  }
}

function parsePatch(argument: string | undefined, text: string): Operation {
  const match = /^([\w-]+)(?:,\s*head\.(\d{1,4}))?$/.exec(argument ?? "");
  if (match === null)
    throw malformed(
      text,
      "a patch needs the name of a run, as in patch(counterfactual) or patch(counterfactual,head.3)",
    );
  const [, from = "", head] = match;
  return { kind: "patch", from, head: head === undefined ? null : Number(head) };
}

function parseKnockout(argument: string | undefined, text: string): Operation {
  const match = /^([a-z.\d]+)\s*(?:→|->)\s*([a-z.\d+]+)(?:,\s*(raw))?$/.exec(argument ?? "");
  if (match === null) throw malformed(text, "a knockout needs (from→to), query first, as in knockout(eot→latent.2)");
  const [, from = "", to = "", raw] = match;
  return {
    kind: "knockout",
    from: formatAddress(parseAddress(from)),
    to: knockoutTargets(to).map(formatAddress).join("+"),
    renormalise: raw === undefined,
  };
}

function numberArgument(argument: string | undefined, text: string, allowed: (x: number) => boolean): number {
  const value = argument === undefined || argument.trim() === "" ? Number.NaN : Number(argument);
  if (!Number.isFinite(value) || !allowed(value)) throw malformed(text, `the number "${argument ?? ""}" is not usable`);
  return value;
}

function malformed(text: string, why: string): UsageError {
  return new UsageError(
    `Cannot read intervention "${text}": ${why}`,
    "example: zero:blocks.8.hook_resid_post@latent.2",
  );
}

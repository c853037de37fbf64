/** What the functions of `operations.ts` share: where, which part of the site, and one clear sentence for what cannot be. */

import { firstIssue, UsageError } from "../../base/errors.js";
import { type AddressLike, formatAddress, toAddresses } from "./address.js";
import { described } from "./described.js";
import { type Intervention, interventionSchema } from "./interventions.js";
import { type BlockSite, parseSite, type SiteName } from "./names.js";
import type { Operation } from "./operation.js";
import { knownOptions } from "./option-names.js";

/** A site by its name, of one block or of every block. Plain text is checked when it is used. */
export type SiteLike = SiteName | `blocks.*.${BlockSite}` | (string & {});

/** One address or several, as `at` builds them or as text. */
export type Where = AddressLike | readonly AddressLike[];

/** Which values of each addressed position are changed, and what follows from it. Without any of them: the whole site, and all that follows. */
export interface ScopeOptions {
  /** One head, from 0. Of sites by heads, such as `attn.hook_z` and `attn.hook_pattern`. */
  readonly head?: number;
  /** Places on the site's last axis, from 0. */
  readonly dims?: readonly number[];
  /** Of scores and patterns: positions on the key axis. */
  readonly keys?: Where;
  /** Keep the inputs of later latents as they are without it. Default false: what follows from it is computed. */
  readonly pin?: boolean;
}

/** What an intervention is made of. */
export interface Made {
  readonly site: SiteLike;
  readonly address: Where;
  readonly options: ScopeOptions;
}

/**
 * The options of an operation, if it has all of them.
 *
 * @param own names of the options that it has beside those of `ScopeOptions`.
 * @throws UsageError for one that it does not have, with the nearest name.
 */
export function checkedOptions<T extends object>(operation: string, options: T, own: readonly string[]): T {
  return knownOptions(options, { of: operation, names: [...own, "head", "dims", "keys", "pin"] });
}

/** A number that an operation needs. @throws UsageError for anything else. */
export function numberOption(operation: string, option: string, given: unknown): number {
  if (typeof given === "number" && Number.isFinite(given)) return given;
  const found = typeof given === "number" ? String(given) : described(given);
  throw new UsageError(`${operation}: ${option} is ${found}, wanted a number`, `write { ${option}: 0.5 }`);
}

/** An operation at a site and address as data, checked. @throws UsageError for a site, address or part that cannot be. */
export function intervene(operation: Operation, { site, address, options }: Made): Intervention {
  if (typeof site !== "string")
    throw new UsageError(
      `${operation.kind}: the site is ${described(site)}`,
      'write site.block(8).residPost, or its text "blocks.8.hook_resid_post"',
    );
  // How many blocks there are is known to the model only.
  if (!site.includes("*")) parseSite(site, Number.POSITIVE_INFINITY);
  const made = {
    operation,
    site,
    addresses: toAddresses(address).map(formatAddress),
    downstream: options.pin === true ? "pin" : "propagate",
    ...scopeFrom(options),
  };
  const checked = interventionSchema.safeParse(made);
  if (checked.success) return checked.data;
  throw new UsageError(`${operation.kind}: ${firstIssue(checked.error)}`, "see docs/interventions.md");
}

function scopeFrom({ head, dims, keys }: ScopeOptions): { readonly scope?: object } {
  if (head === undefined && dims === undefined && keys === undefined) return {};
  const scope = {
    ...(head === undefined ? {} : { head }),
    ...(dims === undefined ? {} : { dims: Array.isArray(dims) ? [...new Set(dims)].sort((a, b) => a - b) : dims }),
    ...(keys === undefined ? {} : { keys: toAddresses(keys).map(formatAddress).join("+") }),
  };
  return { scope };
}

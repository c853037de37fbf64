/** Turns interventions (data) and hooks (code) into the writers of a run. */

import { type Address, parseAddresses } from "../../hooks/address.js";
import { formatHook, type Hook, hookIdentity } from "../../hooks/hook.js";
import {
  formatIntervention,
  type Intervention,
  interventionAddresses,
  knockoutTargets,
} from "../../hooks/interventions.js";
import { expandSites, parseSite, type SiteModel } from "../../hooks/names.js";
import type { Writer } from "../../hooks/writer.js";
import { type Saes, saeAt } from "../sae/given-saes.js";
import { applyOperation, knockedOut } from "./apply-operation.js";
import { checkAddresses, checkOperation } from "./check-intervention.js";
import { knownValues } from "./known-values.js";
import type { WriterContext } from "./writer-context.js";

/** One site of one intervention. */
export function interventionWriters(
  intervention: Intervention,
  rows: ReadonlySet<number>,
  context: WriterContext,
): Writer[] {
  const addresses = interventionAddresses(intervention);
  const label = formatIntervention(intervention);
  return expandSites([intervention.site], context).map((name) => {
    const site = parseSite(name, context);
    checkOperation(intervention, site, context);
    checkAddresses(site, addresses, label);
    const known = knownValues({ intervention, site, context });
    const hides = hidingWriter(intervention);
    return {
      label,
      identity: label,
      site,
      view: saeAt(context.saes, name),
      addresses,
      keys: keysOf(intervention),
      rows,
      apply: (x, info) => applyOperation(x, { intervention, site, info, context }),
      ...(known === undefined ? {} : { known }),
      ...(hides === undefined ? {} : { hides }),
    };
  });
}

/** A knockout that renormalises the whole pattern; undefined for any other operation. */
function hidingWriter({ operation, scope }: Intervention): Writer["hides"] {
  if (operation.kind !== "knockout" || !operation.renormalise || scope !== undefined) return undefined;
  return (info, keys) => knockedOut(operation, { ...info, keys });
}

function keysOf({ operation, scope }: Intervention): Address[] {
  const named = operation.kind === "knockout" ? knockoutTargets(operation.to) : [];
  return scope?.keys === undefined ? named : [...named, ...parseAddresses(scope.keys)];
}

/** Where a callback acts. */
export interface HookRows {
  readonly rows: ReadonlySet<number>;
  /** By question of the batch, its number in the call. */
  readonly numbers: readonly number[];
}

/** A typed callback as a writer. */
export function hookWriter(
  hook: Hook,
  { rows, numbers }: HookRows,
  sites: SiteModel & { readonly saes?: Saes },
): Writer {
  const site = parseSite(hook.site, sites);
  const label = formatHook(hook);
  checkAddresses(site, hook.addresses, label);
  return {
    label,
    identity: hookIdentity(hook),
    site,
    view: saeAt(sites.saes, site.name),
    addresses: hook.addresses,
    rows,
    // Whoever wrote it knows the call's questions, not the batches that were made of them.
    apply: (x, info) =>
      hook.apply(x, { ...info, questions: info.questions.map((question) => numbers[question] ?? question) }),
  };
}

/** Operations that need the values of clean runs. */
export function needsCleanValues({ operation }: Intervention): boolean {
  return operation.kind === "mean" || operation.kind === "resample" || operation.kind === "shuffle";
}

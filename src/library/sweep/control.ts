/** What is done in a cell's place, to no purpose. */

import { UsageError } from "../../base/errors.js";
import { formatAddress } from "../../model/hooks/address.js";
import type { Hook } from "../../model/hooks/hook.js";
import { type Intervention, interventionAddresses, type Operation, scopeOf } from "../../model/hooks/interventions.js";
import type { ControlName } from "./spec.js";

const OPERATIONS: Readonly<Record<ControlName, Operation>> = {
  identity: { kind: "scale", factor: 1 },
  "random direction": { kind: "random" },
};

/** Names of the controls. */
export const CONTROL_NAMES = Object.keys(OPERATIONS) as readonly ControlName[];

/** What a cell does. */
export interface ControlledCell {
  readonly interventions: readonly Intervention[];
  readonly hooks: readonly Hook[];
  /** Of the cell, for messages. */
  readonly name: string;
}

/**
 * The control at the places of a cell.
 *
 * @throws UsageError where a random direction does not exist.
 */
export function controlOf(control: ControlName, { interventions, hooks, name }: ControlledCell): Intervention[] {
  const operation = OPERATIONS[control];
  const places = [...interventions.map(scoped), ...hooks.map(placeOf)];
  const pattern = places.find(({ site }) => /attn\.hook_(?:pattern|attn_scores)$/.test(site));
  if (control === "random direction" && pattern !== undefined)
    throw new UsageError(
      `There is no random direction at ${pattern.site}, where ${name === "" ? "the sweep" : name} acts`,
      'take "random direction" out of controls, or sweep over random keys instead',
    );
  const same = new Map(places.map((each) => [placeKey(each), { ...each, operation }]));
  return [...same.values()];
}

/** A patch may name its head in its operation, which the control has not. */
function scoped(intervention: Intervention): Intervention {
  const scope = scopeOf(intervention);
  return Object.keys(scope).length === 0 ? intervention : { ...intervention, scope };
}

function placeOf({ site, addresses }: Hook): Intervention {
  return {
    operation: OPERATIONS.identity,
    site,
    addresses: addresses.map(formatAddress),
    downstream: "propagate",
  };
}

/** Two things done at one place have one control. */
function placeKey({ operation: _, ...place }: Intervention): string {
  return JSON.stringify({ ...place, addresses: interventionAddresses(place as Intervention).map(formatAddress) });
}

/** A condition of a run as edits of the page, where the page can do exactly what the run did. */

import { CodiLensError } from "../../base/errors.js";
import { type Intervention, parseIntervention } from "../../browser.js";
import type { Edit, EditOperation, EditTarget } from "../edits/edit.js";

/** @returns edits that are all on; null where the page has no such edit, or one that draws on other questions than the run did. */
export function editsOf(interventions: readonly string[]): Edit[] | null {
  const edits: Omit<Edit, "id">[] = [];
  for (const text of interventions) {
    const found = editsOfOne(text);
    if (found === null) return null;
    edits.push(...found);
  }
  return edits.map((edit, place) => ({ id: place + 1, ...edit }));
}

function editsOfOne(text: string): Omit<Edit, "id">[] | null {
  const intervention = parsed(text);
  if (intervention === null || intervention.downstream !== "propagate") return null;
  const cut = cutOf(intervention);
  if (cut !== null) return [cut];
  const operation = operationOf(intervention);
  if (operation === null) return null;
  const targets = intervention.addresses.map((address) => targetOf(intervention, address));
  const known = targets.filter((target) => target !== null);
  return known.length === targets.length ? known.map((target) => ({ target, operation, on: true })) : null;
}

function parsed(text: string): Intervention | null {
  try {
    return parseIntervention(text);
  } catch (error) {
    if (error instanceof CodiLensError) return null;
    throw error;
  }
}

/** `mean`, `resample` and `noise` draw on the run's own problems and seed: the page would give other numbers. */
function operationOf({ operation }: Intervention): EditOperation | null {
  if (operation.kind === "zero") return { kind: "zero" };
  if (operation.kind === "scale" && operation.factor >= -2 && operation.factor <= 3)
    return { kind: "scale", by: operation.factor };
  return null;
}

function targetOf({ site, scope = {} }: Intervention, address: string): EditTarget | null {
  const latent = /^latent\.(\d+)$/.exec(address)?.[1];
  if (latent === undefined) return null;
  const cell = /^blocks\.(\d+)\.hook_resid_post$/.exec(site)?.[1];
  if (cell !== undefined && Object.keys(scope).length === 0)
    return { kind: "cell", block: Number(cell), latent: Number(latent) };
  const z = /^blocks\.(\d+)\.attn\.hook_z$/.exec(site)?.[1];
  if (z === undefined || Object.keys(scope).join() !== "head" || scope.head === undefined) return null;
  return { kind: "head", block: Number(z), head: scope.head, latent: Number(latent) };
}

function cutOf({ operation, site, scope = {} }: Intervention): Omit<Edit, "id"> | null {
  if (operation.kind !== "knockout" || !operation.renormalise) return null;
  const block = /^blocks\.(\d+)\.attn\.hook_pattern$/.exec(site)?.[1];
  const isOne = /^[a-z]+(?:\.\d+)?$/.test(operation.from) && /^[a-z]+(?:\.\d+)?$/.test(operation.to);
  if (block === undefined || !isOne || Object.keys(scope).some((key) => key !== "head")) return null;
  return {
    target: {
      kind: "edge",
      block: Number(block),
      head: scope.head ?? null,
      query: operation.from,
      key: operation.to,
    },
    operation: { kind: "cut" },
    on: true,
  };
}

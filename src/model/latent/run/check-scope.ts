/** Whether a scope, and a value that goes into it, fit a site's axes. No tensor is needed for that. */

import { UsageError } from "../../../base/errors.js";
import type { NamedValue } from "../../hooks/bound.js";
import { formatIntervention, type Intervention, scopeOf } from "../../hooks/interventions.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Scope } from "../../hooks/scope.js";
import { basisOf } from "./subspace.js";

/** Lengths of the axes that every run of a model has: `heads`, `dHead`, `dModel`, … */
export type SiteSizes = Readonly<Record<string, number>>;

/** What is known before anything is computed. */
interface Known {
  /** The value that the operation refers to; null where it refers to none. */
  readonly value: unknown;
  readonly sizes: SiteSizes | undefined;
}

/** @throws UsageError for a scope that the site does not have, or a value that does not fit it. */
export function checkScope(intervention: Intervention, site: ParsedSite, { value, sizes }: Known): void {
  const label = formatIntervention(intervention);
  const scope = scopeOf(intervention);
  const { operation } = intervention;
  if (operation.kind === "patch" && operation.head !== null && intervention.scope?.head !== undefined)
    throw new UsageError(`${label}: the head is named twice`, "name it once");
  if (scope.head !== undefined) checkHead(scope.head, site, { label, sizes });
  if (scope.dims !== undefined) checkDims(scope.dims, site, { label, sizes });
  if (scope.keys !== undefined) checkKeys(intervention, site, { label });
  if (sizes !== undefined && isTensor(value)) checkValue(intervention, site, { label, value, sizes });
}

interface Place {
  readonly label: string;
  readonly sizes: SiteSizes | undefined;
}

function checkHead(head: number, site: ParsedSite, { label, sizes }: Place): void {
  const axis = site.axes.find((each) => each === "heads" || each === "kvHeads");
  if (axis === undefined)
    throw new UsageError(
      `${label}: site "${site.name}" has no heads`,
      "name a site by heads, such as blocks.L.attn.hook_z",
    );
  const count = sizes?.[axis];
  if (count !== undefined && head >= count)
    throw new UsageError(`${label}: head ${head} is out of range`, `the site has heads 0 to ${count - 1}`);
}

function checkDims(dims: readonly number[], site: ParsedSite, { label, sizes }: Place): void {
  const axis = site.axes.at(-1) ?? "";
  if (axis === "key")
    throw new UsageError(`${label}: the last axis of "${site.name}" counts keys, not dimensions`, "use keys");
  const size = sizes?.[axis];
  const last = dims.at(-1) ?? 0;
  if (size !== undefined && last >= size)
    throw new UsageError(`${label}: dimension ${last} is out of range`, `${axis} has dimensions 0 to ${size - 1}`);
}

function checkKeys({ operation }: Intervention, site: ParsedSite, { label }: Pick<Place, "label">): void {
  if (site.axes.at(-1) !== "key")
    throw new UsageError(
      `${label}: site "${site.name}" has no keys`,
      "keys are those of blocks.L.attn.hook_pattern and blocks.L.attn.hook_attn_scores",
    );
  if (operation.kind === "knockout")
    throw new UsageError(`${label}: a knockout names its keys itself`, "leave the scope's keys out");
}

function isTensor(value: unknown): value is NamedValue {
  return typeof value === "object" && value !== null && "shape" in value && "data" in value;
}

function checkValue(
  { operation, scope }: Intervention,
  site: ParsedSite,
  { label, value, sizes }: { readonly label: string; readonly value: NamedValue; readonly sizes: SiteSizes },
): void {
  if (!("ref" in operation) || site.axes.at(-1) === "key") return;
  const tail = tailOf(site, sizes, scope ?? {});
  if (operation.kind === "project" || operation.kind === "swap") {
    basisOf(value, { ref: operation.ref, width: tail.at(-1) ?? 0 });
    return;
  }
  const { shape } = value;
  if ([shape, shape.slice(1)].some((each) => each.join() === tail.join())) return;
  const wanted = tail.join(", ");
  throw new UsageError(
    `${label}: value "${operation.ref}" has shape [${shape.join(", ")}], wanted [${wanted}] or [positions, ${wanted}]`,
    "give one vector, or one a position",
  );
}

/** Shape of what is in scope at one position. */
function tailOf(site: ParsedSite, sizes: SiteSizes, { head, dims }: Scope): number[] {
  return site.axes.slice(2).flatMap((axis, place, axes) => {
    if (head !== undefined && (axis === "heads" || axis === "kvHeads")) return [];
    return dims !== undefined && place === axes.length - 1 ? [dims.length] : [sizes[axis] ?? 0];
  });
}

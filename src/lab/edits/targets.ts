/** Targets of edits as the library calls them (site, scope, address), and in words. */

import type { CellTarget, EdgeTarget, EditTarget, ValueTarget } from "./edit.js";
import { CODI_NAMES, type PositionNames } from "./position-names.js";

/** The site of a value: `blocks.8.hook_resid_post`. */
export function siteOf(target: ValueTarget): `blocks.${number}.hook_resid_post` | `blocks.${number}.attn.hook_z` {
  const { block } = target;
  return target.kind === "cell" ? `blocks.${block}.hook_resid_post` : `blocks.${block}.attn.hook_z`;
}

/** The site of an edge: the block's attention pattern. */
export function patternOf({ block }: EdgeTarget): `blocks.${number}.attn.hook_pattern` {
  return `blocks.${block}.attn.hook_pattern`;
}

/** Site, scope and address of a target as an intervention's text has them after the operation: `blocks.8.attn.hook_z[head.3]@latent.2`. */
export function placeOf(target: EditTarget): string {
  if (target.kind === "cell") return `${siteOf(target)}@latent.${target.latent}`;
  if (target.kind === "head") return `${siteOf(target)}[head.${target.head}]@latent.${target.latent}`;
  const scope = target.head === null ? "" : `[head.${target.head}]`;
  return `${patternOf(target)}${scope}@${target.query}`;
}

/** Is it in a cell of block × latent: the whole of it, or one head's part? */
export function isInCell(target: EditTarget, { block, latent }: Pick<CellTarget, "block" | "latent">): boolean {
  return target.kind !== "edge" && target.block === block && target.latent === latent;
}

/** A target in words: `latent 2 after block 8`. */
export function targetText(target: EditTarget, names: PositionNames = CODI_NAMES): string {
  const { block } = target;
  if (target.kind === "cell") return `latent ${target.latent} after block ${block}`;
  if (target.kind === "head") return `head ${target.head} of block ${block} at latent ${target.latent}`;
  const heads = target.head === null ? "all heads" : `head ${target.head}`;
  return `${positionText(target.query, names)} → ${positionText(target.key, names)} in ${heads} of block ${block}`;
}

/** A position in words: `latent 2`, `EOT`. */
export function positionText(address: string, names: PositionNames = CODI_NAMES): string {
  if (address === "question.0" && names.first !== null) return names.first;
  if (address === "bot" || address === "eot") return names[address];
  return address.replace(".", " ");
}

/** Do two targets name the same place? */
export function isSameTarget(a: EditTarget, b: EditTarget): boolean {
  return a.kind === b.kind && placeOf(a) === placeOf(b) && (a.kind !== "edge" || a.key === (b as EdgeTarget).key);
}

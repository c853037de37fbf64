/**
 * Keys that are taken away from a pattern whose rest is renormalised: that is what a softmax gives whose mask has them, so that attention
 * computes it by itself, in the calls that it makes anyway.
 */

import type { Patch } from "./step.js";
import type { Writer } from "./writer.js";

/** Keys that some queries do not see. */
export interface HiddenKeys {
  readonly patch: Patch;
  /** By row of the patch. */
  readonly columns: readonly (readonly number[])[];
  /** Who hides them and where, for messages. */
  readonly where: () => string;
}

/** A writer and where it acts in a step. */
export interface Acting {
  readonly writer: Writer;
  readonly patches: readonly Patch[];
}

/** The writers that a mask can stand for: those that hide keys of rows on which nothing else is written. */
export function maskedWriters(acting: readonly Acting[]): ReadonlySet<Writer> {
  const [hiding, others] = [acting.filter(isHiding), acting.filter((each) => !isHiding(each))];
  const written = new Set(others.flatMap(({ patches }) => patches.flatMap(({ rows }) => rows)));
  const alone = hiding.filter(({ patches }) => patches.every(({ rows }) => !rows.some((row) => written.has(row))));
  return new Set(alone.map(({ writer }) => writer));
}

function isHiding({ writer }: Acting): boolean {
  return writer.hides !== undefined;
}

/** What two blocks that hide the same keys have in common. */
export function hiddenText(hidden: readonly HiddenKeys[]): string {
  return hidden
    .map(({ patch, columns }) => [patch.rows, patch.begin, patch.length, columns.join(";")].join("|"))
    .join("/");
}

/** Pieces of programs that are copied. */

import type { EditTarget, LabState } from "../edit.js";
import { targetText } from "../targets.js";

/** A text as a program writes it. */
export function code(text: string): string {
  // These two end a line in older programs, and JSON leaves them as they are.
  return JSON.stringify(text)
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

/** `site.block(8).residPost` */
export function siteCode(target: EditTarget): string {
  const site = { cell: "residPost", head: "attn.z", edge: "attn.pattern" }[target.kind];
  return `site.block(${target.block}).${site}`;
}

/** `at.latent(2)` for `latent.2` */
export function addressCode(address: string): string {
  const [part, index] = address.split(".");
  return index === undefined ? `at.${part}` : `at.${part}(${index})`;
}

/** A list over several lines. */
export function list(
  entries: readonly string[],
  { before, after }: { readonly before: string; readonly after: string },
): string[] {
  return entries.length === 0 ? [`${before}${after}`] : [before, ...entries.map((each) => `  ${each},`), after];
}

/** Which edits are left out because they are switched off. */
export function offComment({ edits }: LabState, mark = "//"): string[] {
  const off = edits.filter(({ on }) => !on);
  return off.map(({ target, operation }) => `${mark} Switched off: ${operation.kind}, ${targetText(target)}.`);
}

/** What sites, ways and groups of cells are called. */

import type { Way } from "./agreement.js";
import type { CellGroup } from "./summary.js";

/** By the site's short name. */
export const SITE_NAMES: Readonly<Record<string, string>> = {
  resid: "residual stream",
  attn: "attention",
  mlp: "MLP",
  head: "heads",
};

/** By the way in which effects are predicted. */
export const WAY_NAMES: Readonly<Record<Way, string>> = {
  gradient: "one gradient",
  integrated: "integrated gradients",
};

const SORTED: Readonly<Record<CellGroup["by"], string>> = {
  all: "",
  site: "site",
  step: "change / activation",
  attention: "largest attention weight after",
  effect: "|patched effect|",
  block: "block",
  position: "position",
};

/** By what cells are sorted, and which ones. */
export function groupName({ by, name }: Pick<CellGroup, "by" | "name">): readonly [by: string, name: string] {
  return [SORTED[by], by === "site" ? (SITE_NAMES[name] ?? name) : name];
}

/** Where directions are read and added. */

import { range } from "../../base/range.js";

/** Kinds of sites, in the order in which they are shown. */
export const SITES = ["input", "resid", "kv"] as const;
/** One of them. */
export type Site = (typeof SITES)[number];

/** What each is called. */
export const SITE_NAMES: Readonly<Record<Site, string>> = {
  input: "latent's input",
  resid: "residual stream",
  kv: "keys and values",
};

/** The hook points of a site: a direction has a part at each. */
export function hooksOf(site: Site, blocks: number): string[] {
  if (site === "input") return ["latents.hook_input"];
  if (site === "resid") return [`blocks.${middleOf(blocks)}.hook_resid_post`];
  return range(blocks).flatMap((block) => [`blocks.${block}.attn.hook_k`, `blocks.${block}.attn.hook_v`]);
}

/** The last block of the first half. */
export function middleOf(blocks: number): number {
  return Math.floor((blocks - 1) / 2);
}

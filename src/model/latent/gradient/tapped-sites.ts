/** Which sites derivatives pass through taps at. */

import { type ParsedSite, parseSite } from "../../hooks/names.js";
import type { LoopModel } from "../run/loop.js";

/** The wanted sites, and the inputs of latents where they are constants. */
export function tappedSites(
  sites: readonly ParsedSite[],
  { pins, loop }: { readonly pins: boolean; readonly loop: LoopModel },
): ParsedSite[] {
  const isCut = pins && loop.protocol.feedback !== "none" && !sites.some(({ kind }) => kind === "latents.hook_input");
  return isCut ? [...sites, parseSite("latents.hook_input", loop.decoder.config)] : [...sites];
}

/** Which studies run where some are named. */

import { protocolOf } from "../model/latent/protocols/index.js";
import type { ProtocolName } from "../model/latent/protocols/names.js";
import { story as ablation } from "./ablation/story.js";
import { story as attention } from "./attention/story.js";
import { story as corruption } from "./corruption/story.js";
import { story as tokenAblation } from "./token-ablation/story.js";

/** Read from the same rows, so that both run where one is named, and where none is. */
export const MAIN_STUDIES: readonly string[] = [tokenAblation.name, attention.name];

/** What runs by default beside what is named. */
export interface Beside {
  /** The controls, and under token ablation other ways than zero. */
  readonly controls: boolean;
  readonly protocol: ProtocolName;
  /** Ways to take a latent away that were asked for (`--ablation`). */
  readonly ablations?: readonly string[];
}

/** @returns the names of all studies that run where these are named, but for `controls`. */
export function studyNames(named: readonly string[], { controls, protocol, ablations = [] }: Beside): string[] {
  const isMain = named.length === 0 || named.some((name) => MAIN_STUDIES.includes(name));
  const isCovered = named.includes(corruption.name);
  const wantsOther = controls || ablations.some((each) => each !== "zero");
  const beside = isMain && protocolOf(protocol).studies.hasAll && !isCovered && wantsOther;
  const all = [...named, ...(isMain ? MAIN_STUDIES : []), ...(beside ? [ablation.name] : [])];
  // What `ablation` shows is part of `corruption`.
  return [...new Set(isCovered ? all.filter((name) => name !== ablation.name) : all)].sort();
}

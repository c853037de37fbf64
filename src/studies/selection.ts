/** Which studies run where some are named. */

import { protocolOf } from "../model/latent/protocols/index.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";
import { STORIES } from "./stories.js";
import type { RunsUnnamed } from "./story.js";

/** Read from the same rows, so that all of them run where one is named, and where none is. */
export const MAIN_STUDIES: readonly string[] = runningAs("main");

/** What runs by default beside what is named. */
export interface Beside {
  /** The controls, and under token ablation other ways than zero. */
  readonly controls: boolean;
  readonly protocol: AnyProtocol;
  /** Ways to take a latent away that were asked for (`--ablation`). */
  readonly ablations?: readonly string[];
}

/**
 * @returns the names of all studies that run where these are named, but for `controls`.
 * @example
 * ```ts
 * studyNames([], { controls: true, protocol: "codi" }); // → [ 'ablation', 'attention', 'token-ablation' ]
 * ```
 */
export function studyNames(named: readonly string[], { controls, protocol, ablations = [] }: Beside): string[] {
  const isMain = named.length === 0 || named.some((name) => MAIN_STUDIES.includes(name));
  const isCovered = (name: string): boolean =>
    STORIES.get(name)?.runs?.coveredBy?.some((other) => named.includes(other)) === true;
  const wantsControl = controls || ablations.some((each) => each !== "zero");
  const beside = isMain && protocolOf(protocol).studies.hasAll && wantsControl ? runningAs("control") : [];
  const all = [...named, ...(isMain ? MAIN_STUDIES : []), ...beside];
  return [...new Set(all.filter((name) => !isCovered(name)))].sort();
}

function runningAs(as: RunsUnnamed["as"]): string[] {
  return [...STORIES.values()].filter(({ runs }) => runs?.as === as).map(({ name }) => name);
}

/** What is left of the answers where all latents are taken away at once: found in a run by what was done, whichever study did it. */

import { range } from "../../base/range.js";
import type { StudyCondition } from "../finding.js";
import { conditionsOf } from "./conditions.js";
import type { StudyRecord, StudyRow } from "./rows.js";

/** How all latents are taken away. */
export type AllLatentsKind = "no latents" | "mean latents" | "another problem's latents";

/** In the order in which they are shown. */
export const ALL_LATENTS: readonly AllLatentsKind[] = ["no latents", "mean latents", "another problem's latents"];

/** One of them over all problems. */
export interface AllLatentsControl {
  readonly kind: AllLatentsKind;
  /** Studies that have it among their own conditions. */
  readonly studies: readonly string[];
  readonly outcomes: StudyCondition;
  /** Whether each problem's answer is right under it, by the problem's id. */
  readonly right: ReadonlyMap<string, boolean>;
}

/** What they are found in. */
export interface AllLatentsRun {
  readonly studyRows: readonly StudyRow[];
  readonly studyRecords: readonly StudyRecord[];
  /** Latents in the baseline. */
  readonly latents: number;
  readonly seed: number;
}

/**
 * @returns the kinds that the run has, each once.
 * @example
 * ```ts
 * allLatentsControls(loadRun(dir)).map(({ kind }) => kind); // → [ 'no latents' ]
 * ```
 */
export function allLatentsControls({ studyRows, studyRecords, latents, seed }: AllLatentsRun): AllLatentsControl[] {
  return ALL_LATENTS.flatMap((kind) => {
    const such = studyRecords.filter(({ condition }) => kindOf(condition.interventions, latents) === kind);
    const [first] = such;
    if (first === undefined) return [];
    const rows = studyRows.filter(
      ({ study, condition }) => study === first.study && condition === first.condition.name,
    );
    const [summed] = conditionsOf(rows, { seed });
    if (summed === undefined) return [];
    const outcomes = { ...summed, condition: kind, isControl: true };
    const studies = [...new Set(such.map(({ study }) => study))];
    return [{ kind, studies, outcomes, right: new Map(rows.map(({ problemId, correct }) => [problemId, correct])) }];
  });
}

const AT_ALL = /^(mean|resample):blocks\.\d+\.hook_resid_post@latent$/;

function kindOf(interventions: readonly string[], latents: number): AllLatentsKind | null {
  const [first = "", ...others] = interventions;
  const at = others.length === 0 ? AT_ALL.exec(first)?.[1] : undefined;
  if (at !== undefined) return at === "mean" ? "mean latents" : "another problem's latents";
  const hidden = hide(asKeys(range(latents)));
  return hidden.length === interventions.length && hidden.every((each) => interventions.includes(each))
    ? "no latents"
    : null;
}

/** Takes latents away from EOT and the answer, at every layer and head. */
export function unreadable(latents: readonly number[]): string[] {
  return hide(asKeys(latents));
}

/** Takes keys away from EOT and the answer. @param keys joined by `+`. @returns none where there are none. */
export function hide(keys: string): string[] {
  return keys === ""
    ? []
    : ["eot", "answer"].map((reader) => `knockout(${reader}→${keys}):blocks.*.attn.hook_pattern@${reader}`);
}

function asKeys(latents: readonly number[]): string {
  return latents.map((k) => `latent.${k}`).join("+");
}

/** What is left of the answers where all latents are taken away at once: found in a run by what was done, whichever study did it. */

import { range } from "../../base/range.js";
import type { StudyCondition } from "../finding.js";
import { conditionsOf } from "./conditions.js";
import type { StudyRecord, StudyRow } from "./rows.js";

/** How all latents are taken away. */
export type AllLatentsKind = "no latents" | "mean latents" | "another problem's latents";

/** In the order in which they are shown. */
export const ALL_LATENTS: readonly AllLatentsKind[] = ["no latents", "mean latents", "another problem's latents"];

/** One of them, problem by problem. */
export interface AllLatentsRows {
  readonly kind: AllLatentsKind;
  /** Studies that have it among their own conditions. */
  readonly studies: readonly string[];
  /** Of the first of these. */
  readonly rows: readonly StudyRow[];
  /** Whether each problem's answer is right under it, by the problem's id. */
  readonly right: ReadonlyMap<string, boolean>;
}

/** One of them over all problems. */
export interface AllLatentsControl extends AllLatentsRows {
  readonly outcomes: StudyCondition;
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
 * allLatentsRows(loadRun(dir)).map(({ kind }) => kind); // → [ 'no latents' ]
 * ```
 */
export function allLatentsRows({ studyRows, studyRecords, latents }: Omit<AllLatentsRun, "seed">): AllLatentsRows[] {
  const conditions = new Map(studyRecords.map((record) => [`${record.study}\n${record.condition.name}`, record]));
  const kindOf = kinds(latents);
  const found = [...conditions.values()].map(({ study, condition }) => ({
    study,
    condition: condition.name,
    kind: kindOf(condition.interventions),
  }));
  return ALL_LATENTS.flatMap((kind) => {
    const such = found.filter((each) => each.kind === kind);
    const [first] = such;
    const rows = studyRows.filter(({ study, condition }) => study === first?.study && condition === first.condition);
    if (rows.length === 0) return [];
    const right = new Map(rows.map(({ problemId, correct }) => [problemId, correct]));
    return [{ kind, studies: [...new Set(such.map(({ study }) => study))], rows, right }];
  });
}

/** The same with what each does over all problems. */
export function allLatentsControls({ seed, ...run }: AllLatentsRun): AllLatentsControl[] {
  return allLatentsRows(run).flatMap((each) =>
    conditionsOf(each.rows, { seed }).map((summed) => ({
      ...each,
      outcomes: { ...summed, condition: each.kind, isControl: true },
    })),
  );
}

const AT_ALL = /^(mean|resample):blocks\.\d+\.hook_resid_post@latent$/;

/** What a condition's interventions are, of a model with so many latents. */
function kinds(latents: number): (interventions: readonly string[]) => AllLatentsKind | null {
  const hidden = unreadable(range(latents));
  return (interventions) => {
    const [first = "", ...others] = interventions;
    const at = others.length === 0 ? AT_ALL.exec(first)?.[1] : undefined;
    if (at !== undefined) return at === "mean" ? "mean latents" : "another problem's latents";
    return hidden.length === interventions.length && hidden.every((each) => interventions.includes(each))
      ? "no latents"
      : null;
  };
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

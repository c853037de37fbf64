/** A study from outside the package as a program on the disk. */

import type { BadInputError } from "../../base/errors.js";
import {
  firstThere,
  importOwnProgram,
  isProgramPath,
  type OwnProgram,
  openOwnProgram,
  type ProgramKind,
  programRefusal,
} from "../../disk/own-program.js";

/** Where a study's code lies. Its `entry` exports `study`. */
export interface StudyProgram extends OwnProgram {
  /** The file that exports `finding`, where there is any: of its own in a folder, so that the analysis loads no engine. */
  readonly finding: string;
}

const FINDINGS = ["finding.mjs", "finding.js"] as const;

/** Where the text on how a study is written stands. */
export const HINT = "docs/studies.md, “A study of your own”, shows a whole one";
const KIND: ProgramKind = { name: "Study file", holds: "the study", option: "--study", hint: HINT };

/** @throws BadInputError where nothing is there, or a folder has no entry. */
export function openProgram(path: string): StudyProgram {
  const program = openOwnProgram(path, KIND);
  const { entry } = program;
  return { ...program, finding: entry === path ? entry : (firstThere(path, FINDINGS) ?? entry) };
}

/** Is it the path of a study's file, and not a study's name? */
export const isStudyFile = isProgramPath;

/** Runs one of the program's files. @returns what it exports. @throws BadInputError where it does not load. */
export function importProgram(program: StudyProgram, file: string): Promise<Readonly<Record<string, unknown>>> {
  return importOwnProgram(program, file);
}

/** What is wrong with a study's program, in one sentence. */
export function refusal(
  path: string,
  what: string,
  options: { readonly hint?: string | undefined } = {},
): BadInputError {
  return programRefusal({ kind: KIND, path }, what, options);
}

export { firstLine } from "../../disk/own-program.js";

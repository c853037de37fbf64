/** A study from outside the package as a program on the disk: one file, or a folder with an entry. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BadInputError, type CodiLensError } from "../../base/errors.js";
import { openFilesError } from "../../base/open-files.js";

/** Where a study's code lies, and what tells one version of it from another. */
export interface StudyProgram {
  /** As it was given. */
  readonly path: string;
  /** File or folder without the way to it. */
  readonly name: string;
  /** The file that exports `study`. */
  readonly entry: string;
  /** The file that exports `finding`, where there is any: of its own in a folder, so that the analysis loads no engine. */
  readonly finding: string;
  /** Of the file, or of all files of the folder with their names. */
  readonly sha256: string;
}

const ENTRIES = ["index.mjs", "index.js"] as const;
const FINDINGS = ["finding.mjs", "finding.js"] as const;
/** More than that is no study's folder. */
const MOST_FILES = 200;

/** Where the text on how a study is written stands. */
export const HINT = "docs/studies.md, “A study of your own”, shows a whole one";

/** @throws BadInputError where nothing is there, or a folder has no entry. */
export function openProgram(path: string): StudyProgram {
  const name = basename(resolve(path));
  if (!isFolder(path)) return { path, name, entry: path, finding: path, sha256: sha256Of(bytesOf(path, path)) };
  const entry = firstOf(path, ENTRIES);
  if (entry === null) throw refusal(path, `the folder has no ${ENTRIES.join(" or ")}`);
  const files = filesBelow(path, "");
  if (files.length > MOST_FILES)
    throw refusal(path, `the folder has more than ${MOST_FILES} files`, {
      hint: "put the study in a folder of its own",
    });
  const hashes = files.map((file) => [file, sha256Of(bytesOf(path, join(path, file)))]);
  return { path, name, entry, finding: firstOf(path, FINDINGS) ?? entry, sha256: sha256Of(JSON.stringify(hashes)) };
}

/** Is it the path of a study's file, and not a study's name? */
export function isStudyFile(item: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(item);
}

/** Runs one of the program's files. @returns what it exports. @throws BadInputError where it does not load. */
export async function importProgram({ path }: StudyProgram, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    const known = openFilesError(error);
    if (known !== null) throw known;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_UNKNOWN_FILE_EXTENSION")
      throw refusal(path, "this Node does not run files of that ending", {
        hint: "write it as .mjs, or compile it to .mjs",
      });
    throw refusal(path, `it does not load (${firstLine(error)})`, { hint: "run it with node by itself to see where" });
  }
}

/** What is wrong with a study's program, in one sentence. */
export function refusal(
  path: string,
  what: string,
  { hint = HINT }: { readonly hint?: string | undefined } = {},
): BadInputError {
  return new BadInputError(`Study file ${JSON.stringify(path)}: ${what}`, hint);
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function bytesOf(path: string, file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CodiLensError {
  const known = openFilesError(error);
  if (known !== null) return known;
  return new BadInputError(
    `Cannot read study file ${JSON.stringify(path)}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    "correct the path given to --study",
  );
}

function firstOf(folder: string, names: readonly string[]): string | null {
  const found = names.find((name) => existsSync(join(folder, name)));
  return found === undefined ? null : join(folder, found);
}

/** Stops soon after there are too many. */
function filesBelow(folder: string, prefix: string): string[] {
  const found: string[] = [];
  for (const { name } of readdirSync(join(folder, prefix), { withFileTypes: true }).sort(byName)) {
    const file = prefix === "" ? name : `${prefix}/${name}`;
    if (statSync(join(folder, file)).isDirectory()) found.push(...filesBelow(folder, file));
    else found.push(file);
    if (found.length > MOST_FILES) break;
  }
  return found;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

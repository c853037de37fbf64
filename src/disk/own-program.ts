/** A program of the user's own that an option names: one file, or a folder with an entry. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BadInputError, type CodiLensError } from "../base/errors.js";
import { openFilesError } from "../base/open-files.js";

/** What a program is for, as errors name it. */
export interface ProgramKind {
  /** At the start of a sentence: `Study file`. */
  readonly name: string;
  /** What its folder holds: `the study`. */
  readonly holds: string;
  /** The option that it is given to. */
  readonly option: string;
  /** Where the text on how it is written stands. */
  readonly hint: string;
}

/** Where the code lies, and what tells one version of it from another. */
export interface OwnProgram {
  readonly kind: ProgramKind;
  /** As it was given. */
  readonly path: string;
  /** File or folder without the way to it. */
  readonly name: string;
  /** The file that is run. */
  readonly entry: string;
  /** Of the file, or of all files of the folder with their names. */
  readonly sha256: string;
}

const ENTRIES = ["index.mjs", "index.js"] as const;
/** More than that is no program's folder. */
const MOST_FILES = 200;

/** @throws BadInputError where nothing is there, or a folder has no entry. */
export function openOwnProgram(path: string, kind: ProgramKind): OwnProgram {
  const name = basename(resolve(path));
  if (!isFolder(path, kind)) return { kind, path, name, entry: path, sha256: sha256Of(bytesOf(path, { kind, path })) };
  const entry = firstThere(path, ENTRIES);
  if (entry === null) throw programRefusal({ kind, path }, `the folder has no ${ENTRIES.join(" or ")}`);
  const files = filesBelow(path, "");
  if (files.length > MOST_FILES)
    throw programRefusal({ kind, path }, `the folder has more than ${MOST_FILES} files`, {
      hint: `put ${kind.holds} in a folder of its own`,
    });
  const hashes = files.map((file) => [file, sha256Of(bytesOf(join(path, file), { kind, path }))]);
  return { kind, path, name, entry, sha256: sha256Of(JSON.stringify(hashes)) };
}

/** Is it the path of a program, and not the name of something that the package has? */
export function isProgramPath(item: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(item);
}

/** How a program's file is run. */
export interface ImportOptions {
  /** Where it is given, a file that changed since it was first run in this process is run anew. */
  readonly version?: string;
}

/** Runs one of the program's files. @returns what it exports. @throws BadInputError where it does not load. */
export async function importOwnProgram(
  program: Pick<OwnProgram, "kind" | "path">,
  file: string,
  { version }: ImportOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { href } = pathToFileURL(resolve(file));
    return await import(version === undefined ? href : `${href}?${version}`);
  } catch (error) {
    const known = openFilesError(error);
    if (known !== null) throw known;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_UNKNOWN_FILE_EXTENSION")
      throw programRefusal(program, "this Node does not run files of that ending", {
        hint: "write it as .mjs, or compile it to .mjs",
      });
    throw programRefusal(program, `it does not load (${firstLine(error)})`, {
      hint: "run it with node by itself to see where",
    });
  }
}

/** What is wrong with a program, in one sentence. */
export function programRefusal(
  { kind, path }: Pick<OwnProgram, "kind" | "path">,
  what: string,
  { hint = kind.hint }: { readonly hint?: string | undefined } = {},
): BadInputError {
  return new BadInputError(`${kind.name} ${JSON.stringify(path)}: ${what}`, hint);
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** The first of some names that a folder has, with its path; null for none. */
export function firstThere(folder: string, names: readonly string[]): string | null {
  const found = names.find((name) => existsSync(join(folder, name)));
  return found === undefined ? null : join(folder, found);
}

function isFolder(path: string, kind: ProgramKind): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw unreadable({ kind, path }, error);
  }
}

function bytesOf(file: string, program: Pick<OwnProgram, "kind" | "path">): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw unreadable(program, error);
  }
}

function unreadable({ kind, path }: Pick<OwnProgram, "kind" | "path">, error: unknown): CodiLensError {
  const known = openFilesError(error);
  if (known !== null) return known;
  return new BadInputError(
    `Cannot read ${kind.name.toLowerCase()} ${JSON.stringify(path)}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    `correct the path given to ${kind.option}`,
  );
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

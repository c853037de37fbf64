/** Writes the page as a folder for any host. */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../../base/errors.js";
import type { PageFiles } from "./page-files.js";

/** A file that says the folder is the page's, so that it may be written anew. */
const MARK = "lab-files.json";

/** Files and bytes that were written. */
export interface Written {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Writes all files; in a folder that it wrote before, what is no longer part of the page goes.
 *
 * @throws UsageError where the folder holds something else.
 */
export function writeFolder(files: PageFiles, folder: string): Written {
  const before = filesOfBefore(folder);
  for (const path of before) if (!files.has(path)) rmSync(join(folder, path), { force: true });
  let bytes = 0;
  for (const [path, file] of files) {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(file, to);
    bytes += statSync(file).size;
  }
  writeFileSync(join(folder, MARK), `${JSON.stringify([...files.keys()], null, 2)}\n`);
  return { files: files.size, bytes };
}

/** What an earlier call wrote there; nothing in an empty folder. */
function filesOfBefore(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  if (!statSync(folder).isDirectory())
    throw new UsageError(`${folder} is a file, wanted a folder for the page`, "name another place by --build");
  const [first] = readdirSync(folder);
  if (first === undefined) return [];
  const known = knownFiles(join(folder, MARK));
  if (known !== null) return known;
  throw new UsageError(
    `${folder} is not empty (it holds ${first}) and was not written by codilens lab`,
    "name an empty or a new folder by --build",
  );
}

/** The list of an earlier call, but only of paths that stay in the folder; null where there is none. */
function knownFiles(mark: string): readonly string[] | null {
  try {
    const list: unknown = JSON.parse(readFileSync(mark, "utf8"));
    if (!Array.isArray(list)) return null;
    return list.filter(
      (each): each is string => typeof each === "string" && /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(each),
    );
  } catch {
    return null;
  }
}

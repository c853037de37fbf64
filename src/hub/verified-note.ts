/** `.codilens-download.json` beside a download: where it came from, and what was checked when. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { firstIssue, RunFolderError } from "../base/errors.js";
import { putFile } from "../disk/atomic-file.js";
import { nameFault } from "./names.js";

/** Name of the note in the folder of the download. */
export const NOTE_NAME = ".codilens-download.json";

const name = z.string().refine((text) => nameFault(text) === null, "not a safe file name");
const noteSchema = z.strictObject({
  schema: z.literal(1),
  repository: z.string(),
  /** As it was typed. */
  revision: z.string(),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  /** Host of the hub, without a path. */
  endpoint: z.string(),
  /** The globs of `--include`; empty for the default choice. */
  include: z.array(z.string()),
  /** All files that the download consists of. */
  selection: z.array(name),
  /** The files whose content was checked, as they were then. */
  files: z.array(
    z.strictObject({
      name,
      sizeBytes: z.int().nonnegative(),
      mtimeMs: z.number(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  /** Under which ETag and for which hash the bytes of a `.part` came. */
  parts: z.array(z.strictObject({ name, etag: z.string(), hash: z.string() })),
});

/** The note. It never holds a token. */
export type DownloadNote = z.infer<typeof noteSchema>;

/** A file as it was when it was checked. */
export type CheckedFile = DownloadNote["files"][number];

/** @returns null when the folder has none. @throws RunFolderError when it cannot be read or understood. */
export function readNote(dir: string): DownloadNote | null {
  const path = join(dir, NOTE_NAME);
  const damaged = (why: string): RunFolderError =>
    new RunFolderError(
      `${path} cannot be used: ${why}`,
      "delete it: the files are then hashed anew and kept where right",
    );
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw damaged(code ?? "unreadable");
  }
  try {
    const result = noteSchema.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    throw damaged(firstIssue(result.error));
  } catch (error) {
    throw error instanceof RunFolderError ? error : damaged("no JSON");
  }
}

/** Replaces the note as a whole. @throws EnvironmentError. */
export function writeNote(dir: string, note: DownloadNote): void {
  putFile(join(dir, NOTE_NAME), `${JSON.stringify(note, null, 2)}\n`);
}

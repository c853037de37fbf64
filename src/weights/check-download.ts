/** A folder's files against the note that `weights download` left there. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { BadInputError } from "../base/errors.js";
import { NOTE_NAME, readNote } from "../hub/verified-note.js";
import { openFolder } from "../model/checkpoint/folder.js";

/** The note of a download, where the files match it. */
export interface DownloadCheck {
  readonly name: string;
  readonly repository: string;
  readonly commit: string;
  readonly files: number;
  /** Files whose time had changed, and whose content was found to be the same. */
  readonly hashedAgain: number;
}

/**
 * Compares every file of the note: by size and time, and by hash where the time differs.
 *
 * @returns null when the folder was not downloaded. @throws BadInputError for a file that is gone or was changed;
 *   RunFolderError for a note that cannot be read.
 */
export async function checkDownload(path: string): Promise<DownloadCheck | null> {
  const note = readNote(path);
  if (note === null) return null;
  const place = join(path, NOTE_NAME);
  let hashedAgain = 0;
  for (const { name, sizeBytes, mtimeMs, sha256 } of note.files) {
    const found = await stat(join(path, name)).catch(() => null);
    if (found?.size !== sizeBytes)
      throw changed(join(path, name), `has ${found?.size ?? "no"} bytes, ${place} says ${sizeBytes}`);
    if (found.mtimeMs === mtimeMs) continue;
    const hash = await openFolder(path).sha256(name);
    if (hash !== sha256) throw changed(join(path, name), `has SHA-256 ${hash}, ${place} says ${sha256}`);
    hashedAgain += 1;
  }
  const { repository, commit, files } = note;
  return { name: place, repository, commit, files: files.length, hashedAgain };
}

function changed(file: string, why: string): BadInputError {
  return new BadInputError(
    `${file} ${why}`,
    "it was changed or damaged since it was downloaded: run the same `weights download` again with --force",
  );
}

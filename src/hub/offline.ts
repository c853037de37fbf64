/** A download when no connection may be opened: complete by its own note, or refused. */

import { EnvironmentError } from "../base/errors.js";
import { lookAt } from "./local-files.js";
import type { DownloadRequest, DownloadResult } from "./request.js";
import { readNote } from "./verified-note.js";

/** @throws EnvironmentError unless the folder holds what is asked for; RunFolderError when its note is damaged. */
export async function offlineDownload(request: DownloadRequest, signal: AbortSignal): Promise<DownloadResult> {
  const { dir, repository, revision, include, verify } = request;
  const incomplete = (why: string): EnvironmentError =>
    new EnvironmentError(
      `Offline, and ${dir} is not a complete download of ${repository}@${revision}: ${why}`,
      "unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE, then run the same command again",
    );
  const note = readNote(dir);
  if (note === null) throw incomplete("it has no note of a download");
  if (note.repository !== repository) throw incomplete(`it is one of ${note.repository}`);
  if (revision !== note.revision && revision !== note.commit)
    throw incomplete(`it is one of revision ${note.revision}, commit ${note.commit}`);
  if (JSON.stringify(include) !== JSON.stringify(note.include)) throw incomplete("it was made with another --include");
  const files: DownloadResult["files"][number][] = [];
  for (const name of note.selection) {
    const noted = note.files.find((each) => each.name === name);
    if (noted === undefined) throw incomplete(`${name} was not fetched`);
    const file = { name, sizeBytes: noted.sizeBytes, identity: { kind: "sha256", hex: noted.sha256 } } as const;
    const local = await lookAt(file, { dir, note, commit: note.commit, verify, signal });
    if (local.kind === "missing") throw incomplete(`${name} is gone`);
    if (local.kind === "different") throw incomplete(`${name} was changed since: ${local.why}`);
    files.push({ name, sizeBytes: noted.sizeBytes, sha256: noted.sha256, fetched: false });
  }
  return { repository, revision, commit: note.commit, dir, files, receivedBytes: 0 };
}

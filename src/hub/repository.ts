/** A whole repository at one commit: list, compare with what is there, check the space, fetch, note. */

import { mkdirSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { mebibytes } from "../base/bytes.js";
import { BadInputError, EnvironmentError, RunFolderError, UsageError } from "../base/errors.js";
import { diskError, nodeFileSystem } from "../disk/atomic-file.js";
import { contentUrl, type HubFile, listFiles, resolveCommit } from "./client.js";
import { downloadFile } from "./download.js";
import { checkedNow, type LocalFile, lookAt, removeOthers } from "./local-files.js";
import { refuseUnsafeNames } from "./names.js";
import { isOther, NoteKeeper } from "./note-keeper.js";
import { offlineDownload } from "./offline.js";
import type { DownloadContext, DownloadRequest, DownloadResult, DownloadTask } from "./request.js";
import { checkpointFiles, matching } from "./selection.js";
import { type DownloadNote, readNote } from "./verified-note.js";

/**
 * Downloads, or goes on with, or checks what is there. Offline it opens no connection.
 *
 * @throws BadInputError, UsageError, RunFolderError, EnvironmentError; the signal's reason after an abort. What was
 *   fetched stays, and the same call goes on with it.
 */
export async function downloadRepository(request: DownloadRequest, context: DownloadContext): Promise<DownloadResult> {
  if (context.settings.offline) return offlineDownload(request, context.signal);
  for (const text of context.settings.notices) context.notice(text);
  const commit = await resolveCommit(context, request);
  const wanted = choose(request, await listFiles(context, request.repository, commit));
  makeFolder(request.dir);
  const release = context.hold(request.dir);
  try {
    return await fill({ request, context, commit, wanted });
  } finally {
    release();
  }
}

function choose({ repository, include }: DownloadRequest, listed: readonly HubFile[]): HubFile[] {
  const names = listed.map(({ name }) => name);
  const chosen = include.length === 0 ? checkpointFiles(names) : matching(names, include);
  if (chosen.length === 0 && include.length > 0)
    throw new UsageError(
      `No file of ${repository} matches ${include.join(" or ")}`,
      "the repository's page lists its files",
    );
  if (chosen.length === 0)
    throw new BadInputError(`${repository} holds no checkpoint`, "choose its files with --include");
  refuseUnsafeNames(repository, chosen);
  const set = new Set(chosen);
  return listed.filter(({ name }) => set.has(name));
}

async function fill(task: DownloadTask): Promise<DownloadResult> {
  const { request, context, commit, wanted } = task;
  const { dir, repository, revision } = request;
  const earlier = readNote(dir);
  refuseOther(task, earlier);
  const found = await lookAtAll(task, earlier);
  if (earlier !== null && isOther(task, earlier)) removeOthers(dir, earlier, new Set(wanted.map(({ name }) => name)));
  const keeper = new NoteKeeper(task, earlier, found);
  const missing = wanted.filter(({ name }) => found.get(name)?.kind !== "right");
  announce(task, found, missing);
  const totalBytes = sum(wanted);
  let doneBytes = totalBytes - sum(missing);
  let resumed: number | null = null;
  let receivedBytes = 0;
  for (const file of missing) {
    const path = join(dir, file.name);
    makeFolder(dirname(path));
    const sha256 = await downloadFile(
      context,
      {
        file,
        path,
        url: contentUrl(context.settings.endpoint, { repository, commit, name: file.name }),
        subject: { repository, revision, file: file.name },
        etag: keeper.etagOf(file),
        remember: (etag) => keeper.remember(file, etag),
        progress: (bytes, newBytes) => {
          receivedBytes += newBytes;
          resumed ??= doneBytes + bytes;
          context.progress(doneBytes + bytes, totalBytes, resumed);
        },
      },
      context.fs ?? nodeFileSystem,
    );
    doneBytes += file.sizeBytes;
    keeper.done(checkedNow(dir, file.name, sha256));
  }
  const fetched = new Set(missing.map(({ name }) => name));
  const files = keeper
    .selected()
    .map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256, fetched: fetched.has(name) }));
  return { repository, revision, commit, dir, files, receivedBytes };
}

function refuseOther(task: DownloadTask, note: DownloadNote | null): void {
  const { request, commit } = task;
  if (note === null || request.force || !isOther(task, note)) return;
  const moved = note.repository === request.repository;
  throw new RunFolderError(
    `${request.dir} holds ${note.repository} at ${note.commit}, wanted ${request.repository} at ${commit}`,
    `choose another folder, ${moved ? `ask for ${note.repository}@${note.commit}, ` : ""}or replace it with --force`,
  );
}

async function lookAtAll(
  { request, context, commit, wanted }: DownloadTask,
  note: DownloadNote | null,
): Promise<Map<string, LocalFile>> {
  const { dir, verify, force } = request;
  const found = new Map<string, LocalFile>();
  const different: string[] = [];
  for (const file of wanted) {
    const local = await lookAt(file, { dir, note, commit, verify, signal: context.signal });
    found.set(file.name, local);
    if (local.kind === "different") different.push(`${file.name} (${local.why})`);
  }
  const shown = [...different.slice(0, 10), ...(different.length > 10 ? [`${different.length - 10} more`] : [])];
  if (different.length > 0 && !force)
    throw new RunFolderError(
      `${dir} has files that differ from the repository's: ${shown.join("; ")}`,
      "choose another folder, or fetch them again over what is there with --force",
    );
  if (different.length > 0) context.notice(`fetched again over what is there: ${shown.join("; ")}`);
  return found;
}

/** Reports what will be fetched, and refuses what the disk cannot hold. */
function announce(
  { request, context, commit, wanted }: DownloadTask,
  found: ReadonlyMap<string, LocalFile>,
  missing: readonly HubFile[],
): void {
  if (missing.length === 0) return;
  const partBytes = missing.map(({ name, sizeBytes }) => {
    const local = found.get(name);
    return local?.kind === "missing" ? Math.min(local.partBytes, sizeBytes) : 0;
  });
  const neededBytes = sum(missing) - partBytes.reduce((a, b) => a + b, 0);
  const freeBytes = (context.freeBytes ?? freeOnDisk)(request.dir);
  const free = freeBytes === null ? "an unknown amount" : mebibytes(freeBytes);
  context.notice(
    `${request.repository} at ${commit}: ${missing.length} of ${wanted.length} files, ${mebibytes(neededBytes)} to fetch into ${request.dir}; ${free} free`,
  );
  if (freeBytes !== null && freeBytes < neededBytes)
    throw new EnvironmentError(
      `${request.dir} has ${mebibytes(freeBytes)} free, ${mebibytes(neededBytes)} are needed`,
      "free space or choose another folder, then run the same command again",
    );
}

function freeOnDisk(dir: string): number | null {
  const { bavail, bsize, blocks } = statfsSync(dir);
  // Some network file systems do not report their free space.
  return blocks === 0 ? null : bavail * bsize;
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw diskError(dir, error);
  }
}

function sum(files: readonly HubFile[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

/** A model of the hub by its name: fetched once into the user's cache, a folder for each commit. */

import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError } from "../base/errors.js";
import { putFile } from "../disk/atomic-file.js";
import { userCache } from "../disk/user-cache.js";
import type { NameOptions } from "../model/checkpoint/model-names.js";
import { resolveCommit } from "./client.js";
import { holdFolder } from "./hold-folder.js";
import { parseRepository, type RepositoryName } from "./names.js";
import { offlineDownload } from "./offline.js";
import { downloadRepository } from "./repository.js";
import type { DownloadContext } from "./request.js";
import { readSettings } from "./settings.js";

const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Fetches what is missing of `OWNER/NAME@REVISION`, or checks that it is there. A commit that is there asks for no connection. A branch is
 * asked for each time; where the hub cannot be reached, the commit that it was last time is taken, with a notice.
 *
 * @param context a download's, by default that of this process. @returns the folder, `hub/OWNER/COMMIT/NAME` in the user's cache.
 * @throws UsageError, BadInputError, EnvironmentError, RunFolderError as `weights download` does.
 */
export async function fetchHubModel(
  text: string,
  options: NameOptions = {},
  context: DownloadContext = contextOf(options),
): Promise<string> {
  const name = parseRepository(text);
  const places = placesOf(name);
  if (COMMIT.test(name.revision) && (await isComplete(name.revision, name, context)))
    return places.folder(name.revision);
  if (context.settings.offline) {
    const commit = lastCommit(places.ref) ?? name.revision;
    await offlineDownload(requestOf(commit, name), context.signal);
    return places.folder(commit);
  }
  try {
    const commit = await resolveCommit(context, name);
    await downloadRepository(requestOf(commit, name), context);
    mkdirSync(places.refs, { recursive: true });
    putFile(places.ref, commit);
    return places.folder(commit);
  } catch (error) {
    const commit = lastCommit(places.ref);
    if (!(error instanceof EnvironmentError) || commit === null || !(await isComplete(commit, name, context)))
      throw error;
    context.notice(`${error.message}; commit ${commit}, which ${name.revision} was when it was last asked, is taken`);
    return places.folder(commit);
  }
}

function placesOf({ repository, revision }: RepositoryName): {
  refs: string;
  ref: string;
  folder: (commit: string) => string;
} {
  const [owner = "", name] = repository.includes("/") ? repository.split("/") : ["_", repository];
  const home = join(userCache(), "hub", owner);
  const refs = join(home, "refs", name ?? "");
  return { refs, ref: join(refs, encodeURIComponent(revision)), folder: (commit) => join(home, commit, name ?? "") };
}

function requestOf(commit: string, name: RepositoryName): Parameters<typeof downloadRepository>[0] {
  const { folder } = placesOf(name);
  // Nobody but this program writes there: what differs is damaged, and fetched again.
  return {
    repository: name.repository,
    revision: commit,
    dir: folder(commit),
    include: [],
    force: true,
    verify: false,
  };
}

async function isComplete(commit: string, name: RepositoryName, { signal }: DownloadContext): Promise<boolean> {
  return offlineDownload(requestOf(commit, name), signal).then(
    () => true,
    () => false,
  );
}

function lastCommit(ref: string): string | null {
  try {
    const commit = readFileSync(ref, "utf8").trim();
    return COMMIT.test(commit) ? commit : null;
  } catch {
    return null;
  }
}

function contextOf({ onNotice, onBytes }: NameOptions): DownloadContext {
  return {
    settings: readSettings(process.env),
    signal: new AbortController().signal,
    notice: onNotice ?? ((text) => void process.stderr.write(`${text}\n`)),
    now: Date.now,
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
    progress: (done, total) => onBytes?.(done, total),
    hold: (dir) => holdFolder(dir, false),
  };
}

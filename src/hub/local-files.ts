/** What of a download is on disk already, and whether it may be kept. */

import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { diskError } from "../disk/atomic-file.js";
import type { HubFile } from "./client.js";
import { ContentHash, hashFrom } from "./content-hash.js";
import type { CheckedFile, DownloadNote } from "./verified-note.js";

/** A file of the download as it is found. */
export type LocalFile =
  | { readonly kind: "right"; readonly checked: CheckedFile }
  /** @property partBytes size of its `.part`, which need not be usable. */
  | { readonly kind: "missing"; readonly partBytes: number }
  | { readonly kind: "different"; readonly why: string };

/** How a file is looked at. */
export interface LookOptions {
  readonly dir: string;
  readonly note: DownloadNote | null;
  /** The commit that is wanted. */
  readonly commit: string;
  /** Hash it even if size and time are those of the note. */
  readonly verify: boolean;
  readonly signal: AbortSignal;
}

/** Looks at one file: by size and time against the note, by hash where those do not say enough. @throws EnvironmentError. */
export async function lookAt(file: HubFile, options: LookOptions): Promise<LocalFile> {
  const { dir, note, signal } = options;
  const path = join(dir, file.name);
  const there = statOrNull(path);
  if (there === null) return { kind: "missing", partBytes: statOrNull(`${path}.part`)?.size ?? 0 };
  if (!there.isFile()) return { kind: "different", why: "it is not a plain file" };
  if (there.size !== file.sizeBytes)
    return { kind: "different", why: `it has ${there.size} bytes, wanted ${file.sizeBytes}` };
  const noted = note?.files.find(({ name }) => name === file.name);
  if (!options.verify && noted !== undefined && unchanged(noted, there) && speaksFor(noted, file, options))
    return { kind: "right", checked: noted };
  const hash = new ContentHash(file.identity, file.sizeBytes);
  try {
    await hashFrom(path, hash, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw diskError(path, error);
  }
  const { matches, found, sha256 } = hash.finish();
  if (!matches) return { kind: "different", why: `its hash is ${found}, wanted ${file.identity.hex}` };
  return { kind: "right", checked: { name: file.name, sizeBytes: there.size, mtimeMs: there.mtimeMs, sha256 } };
}

/** A file that was just checked, with its present size and time. @throws EnvironmentError. */
export function checkedNow(dir: string, name: string, sha256: string): CheckedFile {
  const path = join(dir, name);
  try {
    const { size, mtimeMs } = statSync(path);
    return { name, sizeBytes: size, mtimeMs, sha256 };
  } catch (error) {
    throw diskError(path, error);
  }
}

/** Removes an earlier download's files that are not wanted now, but none that was changed since. */
export function removeOthers(dir: string, note: DownloadNote, wanted: ReadonlySet<string>): void {
  for (const noted of note.files) {
    const there = statOrNull(join(dir, noted.name));
    if (!wanted.has(noted.name) && there !== null && unchanged(noted, there)) rmSync(join(dir, noted.name));
  }
  for (const { name } of note.parts) if (!wanted.has(name)) rmSync(join(dir, `${name}.part`), { force: true });
}

interface Stat {
  readonly size: number;
  readonly mtimeMs: number;
  isFile(): boolean;
}

function statOrNull(path: string): Stat | null {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw diskError(path, error);
  }
}

function unchanged(noted: CheckedFile, there: Stat): boolean {
  return noted.sizeBytes === there.size && noted.mtimeMs === there.mtimeMs;
}

/** The note holds SHA-256 only, so a file known by git's hash counts as checked within its own commit alone. */
function speaksFor(noted: CheckedFile, { identity }: HubFile, { note, commit }: LookOptions): boolean {
  return identity.kind === "sha256" ? noted.sha256 === identity.hex : note?.commit === commit;
}

/** A checkpoint folder on disk: the one file of the model that reads the file system. */

import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { crc32 as nativeCrc32 } from "node:zlib";
import { BadInputError } from "../../base/errors.js";
import { openFilesError } from "../../base/open-files.js";
import type { ByteSource, CheckpointFiles } from "./source.js";

// One read call takes less than 2 GiB on every Node.
const CHUNK_BYTES = 2 ** 30;
const HASH_CHUNK_BYTES = 2 ** 22;

/**
 * @param path of a folder; or of one file of weights, which is then the only one that its folder is taken to have.
 * @throws BadInputError, at first use, when the folder or a file is missing.
 */
export function openFolder(path: string): CheckpointFiles {
  const folder = folderOf(path);
  return folder === path ? filesOf(path) : withOne(filesOf(folder), basename(path));
}

/** The folder of a checkpoint that is named by its folder or by its file of weights. */
export function folderOf(path: string): string {
  return !NO_WEIGHTS.test(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true ? dirname(path) : path;
}

// Given by mistake; a folder was meant.
const NO_WEIGHTS = /\.(?:json|jsonl|txt|md)$/;
/** What lies beside weights and belongs to each of them. */
const BESIDE = /^(?!.*\.index\.json$).*\.(?:json|txt)$|^prj\.(?:safetensors|bin)$/;

function withOne(files: CheckpointFiles, weights: string): CheckpointFiles {
  return {
    ...files,
    list: async () => (await files.list()).filter((name) => name === weights || BESIDE.test(name)),
  };
}

function filesOf(path: string): CheckpointFiles {
  return {
    name: path,
    list: () => listFolder(path),
    open: (file) => openFile(path, file),
    sha256: (file) => hashFile(path, file),
    stamp: async (file) => {
      const { size, mtimeMs, ino } = await stat(join(path, file));
      return `${size} ${mtimeMs} ${ino}`;
    },
    checkInside: (file) => checkInside(path, file),
  };
}

async function listFolder(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
  } catch (error) {
    const kind = (await stat(path).catch(() => null))?.isFile() === true ? "is a file" : "is not a readable folder";
    throw new BadInputError(
      `Cannot open model "${path}": it ${kind}, wanted a checkpoint folder`,
      'give the folder that holds config.json, "tiny-codi" for the embedded model, or hub:OWNER/NAME for one of the hub',
      { cause: error },
    );
  }
}

async function checkInside(folder: string, file: string): Promise<void> {
  const [home, target] = [await realpath(folder), await realpath(join(folder, file))];
  const from = relative(home, target);
  // A hub cache keeps snapshots/COMMIT/file as a link to blobs/HASH beside snapshots.
  const hubCache = dirname(target) === join(home, "..", "..", "blobs");
  if (hubCache || !(from.startsWith("..") || isAbsolute(from))) return;
  throw new BadInputError(
    `${join(folder, file)} is a link that leads out of its folder`,
    "put the file itself in its place",
  );
}

async function openFile(folder: string, file: string): Promise<ByteSource> {
  const name = join(folder, file);
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    // Asked before opening: opening a named pipe waits for a writer for ever.
    const kind = await stat(name);
    if (!kind.isFile())
      throw new BadInputError(`Cannot open ${name}: it is not a plain file`, "put the file itself in its place");
    handle = await open(name, "r");
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw (
      openFilesError(error) ??
      new BadInputError(
        `Cannot open ${name}: ${(error as NodeJS.ErrnoException).code ?? "unreadable"}`,
        "check the folder and its permissions",
        { cause: error },
      )
    );
  }
  return {
    name,
    size: async () => (await handle.stat()).size,
    read: async (offset, length, into) => {
      const bytes = into === undefined ? new Uint8Array(length) : into.subarray(0, length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(CHUNK_BYTES, length - done), offset + done);
        if (bytesRead === 0)
          throw new BadInputError(
            `${name} is truncated: needs ${offset + length} bytes, has ${offset + done}`,
            "get the file again",
          );
        done += bytesRead;
      }
      return bytes;
    },
    crc32: (bytes, before) => nativeCrc32(bytes, before),
    close: () => handle.close(),
  };
}

async function hashFile(folder: string, file: string): Promise<string> {
  const source = await openFile(folder, file);
  try {
    const size = await source.size();
    const hash = createHash("sha256");
    for (let offset = 0; offset < size; offset += HASH_CHUNK_BYTES)
      hash.update(await source.read(offset, Math.min(HASH_CHUNK_BYTES, size - offset)));
    return hash.digest("hex");
  } finally {
    await source.close();
  }
}

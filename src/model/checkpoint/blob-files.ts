/** A checkpoint of blobs, such as the files that a browser's user chose: read by position, so that none is held in memory twice. */

import { hexOf } from "../../base/bytes.js";
import { BadInputError } from "../../base/errors.js";
import { crc32 } from "./crc32.js";
import type { ByteSource, CheckpointFiles } from "./source.js";

/** A digest wants the whole file in one piece, and engines hold no longer one. */
const MOST_HASHED_BYTES = 2 ** 31 - 1;

/**
 * Files that are read where they lie. A `File` is a blob.
 * @example
 * ```ts
 * const header = new Blob(['{"model_type": "llama"}']);
 * const blobs = filesFromBlobs("my-model", { "config.json": header });
 * await blobs.list(); // → [ 'config.json' ]
 * ```
 */
export function filesFromBlobs(name: string, blobs: Readonly<Record<string, Blob>>): CheckpointFiles {
  const blobOf = (file: string): Blob => {
    const blob = Object.hasOwn(blobs, file) ? blobs[file] : undefined;
    if (blob === undefined)
      throw new BadInputError(`${name} has no file "${file}"`, `it has ${Object.keys(blobs).join(", ")}`);
    return blob;
  };
  return {
    name,
    list: async () => Object.keys(blobs).sort(),
    open: async (file) => blobSource(`${name}/${file}`, blobOf(file)),
    stamp: async (file) => stampOf(blobOf(file)),
    checkInside: async () => undefined,
    sha256: async (file) => {
      const blob = blobOf(file);
      if (blob.size > MOST_HASHED_BYTES)
        throw new BadInputError(
          `${name}/${file} has ${blob.size} bytes, wanted at most ${MOST_HASHED_BYTES} for a checksum in a browser`,
          "compute it with sha256sum",
        );
      const digest = await crypto.subtle.digest("SHA-256", await bytesOf(blob, `${name}/${file}`));
      return hexOf(digest);
    },
  };
}

/** One blob, read by position. @param name as messages give it. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    size: async () => blob.size,
    read: async (offset, length, into) => {
      if (offset + length > blob.size)
        throw new BadInputError(
          `${name} is truncated: needs ${offset + length} bytes, has ${blob.size}`,
          "get the file again",
        );
      const bytes = await bytesOf(blob.slice(offset, offset + length), name);
      if (into === undefined) return bytes;
      into.set(bytes);
      return into.subarray(0, length);
    },
    crc32,
    close: async () => undefined,
  };
}

async function bytesOf(blob: Blob, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    // A file that was changed or removed after it was chosen can no longer be read.
    throw new BadInputError(
      `${name} can no longer be read: ${error instanceof Error ? error.name : String(error)}`,
      "choose the file again",
      { cause: error },
    );
  }
}

function stampOf(blob: Blob): string {
  return `${blob.size} ${"lastModified" in blob ? String(blob.lastModified) : ""}`.trim();
}

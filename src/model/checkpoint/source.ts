/** Where a checkpoint's bytes come from: a folder, or bytes in memory. No Node API here. */

import { BadInputError } from "../errors.js";

/** One file, read by position. */
export interface ByteSource {
  readonly name: string;
  /** Bytes in the file. */
  size(): Promise<number>;
  /** @returns exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The files of one checkpoint. */
export interface CheckpointFiles {
  readonly name: string;
  /** File names, sorted. */
  list(): Promise<string[]>;
  /** @throws BadInputError when there is no such file. */
  open(file: string): Promise<ByteSource>;
  /** SHA-256 of a file, lower-case hex. */
  sha256(file: string): Promise<string>;
}

/** A checkpoint held in memory, as in a browser. */
export function filesFromBytes(name: string, files: Readonly<Record<string, Uint8Array>>): CheckpointFiles {
  const bytesOf = (file: string): Uint8Array => {
    const bytes = Object.hasOwn(files, file) ? files[file] : undefined;
    if (bytes === undefined)
      throw new BadInputError(`${name} has no file "${file}"`, `it has ${Object.keys(files).join(", ")}`);
    return bytes;
  };
  return {
    name,
    list: async () => Object.keys(files).sort(),
    open: async (file) => {
      const bytes = bytesOf(file);
      return {
        name: `${name}/${file}`,
        size: async () => bytes.byteLength,
        read: async (offset, length) => {
          if (offset + length > bytes.byteLength)
            throw new BadInputError(
              `${name}/${file} is truncated: needs ${offset + length} bytes, has ${bytes.byteLength}`,
              "get the file again",
            );
          // A copy: what is read may be changed by its reader.
          return bytes.slice(offset, offset + length);
        },
        close: async () => undefined,
      };
    },
    sha256: async (file) => {
      const digest = await crypto.subtle.digest("SHA-256", bytesOf(file) as Uint8Array<ArrayBuffer>);
      return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
  };
}

/** Reads a small text file. @throws BadInputError when it is not UTF-8 or larger than 64 MiB. */
export async function readText(files: CheckpointFiles, file: string): Promise<string> {
  const source = await files.open(file);
  try {
    const size = await source.size();
    if (size > 2 ** 26)
      throw new BadInputError(`${source.name} has ${size} bytes, wanted at most ${2 ** 26}`, "is this the right file?");
    return new TextDecoder("utf-8", { fatal: true }).decode(await source.read(0, size));
  } catch (error) {
    if (error instanceof TypeError)
      throw new BadInputError(`${source.name} is not UTF-8 text`, "get the file again", { cause: error });
    throw error;
  } finally {
    await source.close();
  }
}

/** Reads a JSON file. @throws BadInputError when it is no JSON. */
export async function readJson(files: CheckpointFiles, file: string): Promise<unknown> {
  const text = await readText(files, file);
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadInputError(`${files.name}/${file} is not JSON: ${why}`, "get the file again", { cause: error });
  }
}

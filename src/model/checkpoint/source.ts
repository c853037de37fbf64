/** Where a checkpoint's bytes come from: a folder, or bytes in memory. No Node API here. */

import { hexOf } from "../../base/bytes.js";
import { BadInputError } from "../../base/errors.js";
import { pythonWord } from "../../base/python-word.js";
import { crc32 } from "./crc32.js";
import { KIND_BYTES, kindOf } from "./file-kind.js";
import { quoted } from "./quoted.js";
import { repeatedKey } from "./repeated-key.js";

/** One file, read by position. */
export interface ByteSource {
  readonly name: string;
  /** Bytes in the file. */
  size(): Promise<number>;
  /**
   * @param into memory to read to, of at least `length` bytes; fresh memory by default.
   * @returns exactly `length` bytes from `offset`; the reader may change them.
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
  /** CRC-32 of the bytes, going on from `before`, as fast as the platform can. */
  crc32(bytes: Uint8Array, before: number): number;
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
  /** Changes when the file does: its size and time. */
  stamp(file: string): Promise<string>;
  /** @throws BadInputError when the file is a link that leads out of the folder; a hub cache's own links are fine. */
  checkInside(file: string): Promise<void>;
}

/**
 * A checkpoint held in memory, as in a browser.
 * @example
 * ```ts
 * const header = new TextEncoder().encode('{"model_type": "llama"}');
 * const files = filesFromBytes("my-model", { "config.json": header });
 * await files.list(); // → [ 'config.json' ]
 * ```
 */
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
        read: async (offset, length, into) => {
          if (offset + length > bytes.byteLength)
            throw new BadInputError(
              `${name}/${file} is truncated: needs ${offset + length} bytes, has ${bytes.byteLength}`,
              "get the file again",
            );
          // A copy: what is read may be changed by its reader.
          if (into === undefined) return bytes.slice(offset, offset + length);
          into.set(bytes.subarray(offset, offset + length));
          return into.subarray(0, length);
        },
        crc32,
        close: async () => undefined,
      };
    },
    stamp: async (file) => String(bytesOf(file).byteLength),
    checkInside: async () => undefined,
    sha256: async (file) => {
      const digest = await crypto.subtle.digest("SHA-256", bytesOf(file) as Uint8Array<ArrayBuffer>);
      return hexOf(digest);
    },
  };
}

/** SHA-256 of a text, lower-case hex. */
export async function sha256Text(text: string): Promise<string> {
  return hexOf(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Reads a text file. @throws BadInputError when it is not UTF-8 or larger than 64 MiB. */
export async function readText(files: CheckpointFiles, file: string): Promise<string> {
  const source = await files.open(file);
  try {
    const size = await source.size();
    if (size > 2 ** 26)
      throw new BadInputError(`${source.name} has ${size} bytes, wanted at most ${2 ** 26}`, "is this the right file?");
    // A byte order mark stays, and is no JSON: Python refuses it too.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await source.read(0, size));
  } catch (error) {
    if (error instanceof TypeError)
      throw new BadInputError(`${source.name} is not UTF-8 text`, "get the file again", { cause: error });
    throw error;
  } finally {
    await source.close();
  }
}

/**
 * Reads a JSON file.
 *
 * @param hint what helps where it is torn. @throws BadInputError when it is no JSON, or has a key twice in one object.
 */
export async function readJson(files: CheckpointFiles, file: string, hint = "get the file again"): Promise<unknown> {
  const text = await readText(files, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const other = kindOf(new TextEncoder().encode(text.slice(0, KIND_BYTES)));
    if (other !== null)
      throw new BadInputError(`${files.name}/${file} is ${other.what}, wanted JSON`, other.hint, { cause: error });
    const why = error instanceof Error ? error.message : String(error);
    const word = pythonWord(text);
    throw new BadInputError(
      `${files.name}/${file} is not JSON: ${why}`,
      word === null ? hint : `${word} is what Python's json writes: write the number, or take the key out`,
      { cause: error },
    );
  }
  const key = repeatedKey(text, value);
  if (key !== null)
    throw new BadInputError(
      `${files.name}/${file} has the key ${quoted(key)} twice in one object`,
      "keep one of the two",
    );
  return value;
}

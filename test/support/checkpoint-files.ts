/** Checkpoint folders as bytes, so that tests can change one file of them. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesFromBytes } from "../../src/index.js";
import { type Checkpoint, type OpenOptions, openCheckpoint } from "../../src/model/checkpoint/load.js";

/** A folder's files by name. */
export type Files = Record<string, Uint8Array>;

/** All files of a folder, folders in it left out. */
export function filesIn(folder: string): Files {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
}

/** A value as a JSON file. */
export function jsonFile(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** What a JSON file holds. */
export function parsed(bytes: Uint8Array | undefined): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
}

/** The files without some of them. */
export function without(files: Files, ...names: readonly string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));
}

/** Opens files from memory as `m`, over a base as `b`. */
export function openFiles(
  files: Files,
  { base, ...options }: Omit<OpenOptions, "base"> & { readonly base?: Files } = {},
): Promise<Checkpoint> {
  return openCheckpoint(filesFromBytes("m", files), {
    ...options,
    ...(base === undefined ? {} : { base: filesFromBytes("b", base) }),
  });
}

/** A run folder: manifest, records, lock. Killing the run at any moment loses at most the batch in flight. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { EnvironmentError, RunFolderError } from "../model/errors.js";
import { appendText, type FileSystem, nodeFileSystem, putFile } from "./atomic-file.js";
import { differences, type Fingerprint } from "./fingerprint.js";
import { lockFolder } from "./lock.js";
import { type Manifest, manifestSchema } from "./manifest.js";
import type { ExperimentRecord } from "./record.js";
import { readRecords, recordLine } from "./record-line.js";

/** How a folder is opened. */
export interface StoreOptions {
  readonly dir: string;
  readonly fingerprint: Fingerprint;
  readonly takeOver: boolean;
  readonly notice: (text: string) => void;
  readonly fs?: FileSystem;
}

/** The records of one run, on disk. */
export class RunStore {
  readonly #records: Map<string, ExperimentRecord>;
  readonly #fs: FileSystem;
  readonly #release: () => void;
  readonly #fd: number;
  #closed = false;

  private constructor(
    readonly dir: string,
    records: readonly ExperimentRecord[],
    fs: FileSystem,
    release: () => void,
  ) {
    this.#records = new Map(records.map((record) => [record.key, record]));
    this.#fs = fs;
    this.#release = release;
    this.#fd = fs.open(this.#path("records.jsonl"), "a");
  }

  /**
   * Opens or resumes a folder.
   *
   * @throws RunFolderError when it is locked, of another run, or damaged.
   */
  static open({ dir, fingerprint, takeOver, notice, fs = nodeFileSystem }: StoreOptions): RunStore {
    const release = lockFolder(dir, takeOver);
    try {
      for (const name of readdirSync(dir)) if (name.endsWith(".tmp")) rmSync(join(dir, name), { force: true });
      checkSameRun(dir, fingerprint);
      return new RunStore(dir, readExisting(dir, notice), fs, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  get(key: string): ExperimentRecord | undefined {
    return this.#records.get(key);
  }

  get records(): ExperimentRecord[] {
    return [...this.#records.values()];
  }

  /** Appends records in one write, synced to the disk. @throws EnvironmentError when the disk is full; earlier records stay. */
  append(records: readonly ExperimentRecord[]): void {
    appendText(this.#fd, this.#path("records.jsonl"), records.map(recordLine).join(""), this.#fs);
    for (const record of records) this.#records.set(record.key, record);
  }

  writeManifest(manifest: Manifest): void {
    putFile(this.#path("manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`, this.#fs);
  }

  /** Rewrites the records in the given order, so that an interrupted run ends with the same bytes as an undisturbed one. */
  seal(order: readonly string[]): void {
    const lines = order.flatMap((key) => {
      const record = this.#records.get(key);
      return record === undefined ? [] : [recordLine(record)];
    });
    putFile(this.#path("records.jsonl"), lines.join(""), this.#fs);
  }

  /** Lets go of the folder; safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#fs.close(this.#fd);
    this.#release();
  }

  #path(name: string): string {
    return join(this.dir, name);
  }
}

/** Makes the folder and proves that it can be written, before a model is loaded. @throws EnvironmentError. */
export function probeFolder(dir: string): void {
  try {
    makeFolders(dir);
    putFile(join(dir, ".probe"), "");
    rmSync(join(dir, ".probe"));
  } catch (error) {
    const code =
      (error as NodeJS.ErrnoException).code ??
      ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ??
      "unwritable";
    throw new EnvironmentError(
      `Cannot write into output folder ${JSON.stringify(dir)}: ${code}`,
      "choose another folder with --out",
      { cause: error },
    );
  }
}

// Not mkdir's own recursion: on some file systems (/proc) that never returns.
function makeFolders(dir: string): void {
  if (existsSync(dir)) return;
  makeFolders(dirname(dir));
  mkdirSync(dir);
}

/** The manifest of a folder, or null. @throws RunFolderError when it is damaged or missing beside records. */
export function readManifest(dir: string): Manifest | null {
  const path = join(dir, "manifest.json");
  if (!existsSync(path)) {
    const hasRecords = existsSync(join(dir, "records.jsonl")) && readFileSync(join(dir, "records.jsonl")).length > 0;
    if (hasRecords)
      throw new RunFolderError(`${dir} holds records but no manifest.json`, "restore it, or choose another --out");
    return null;
  }
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new RunFolderError(`${path} is damaged`, "restore it, or choose another --out", { cause: error });
  }
}

function checkSameRun(dir: string, wanted: Fingerprint): void {
  const manifest = readManifest(dir);
  if (manifest === null) return;
  const differing = differences(manifest.fingerprint as Partial<Fingerprint>, wanted);
  if (differing.length > 0)
    throw new RunFolderError(
      `${dir} belongs to another run: ${differing.join("; ")}`,
      "choose another --out, or empty it with --new",
    );
}

function readExisting(dir: string, notice: (text: string) => void): readonly ExperimentRecord[] {
  const path = join(dir, "records.jsonl");
  if (!existsSync(path)) return [];
  const { records, wholeBytes, torn } = readRecords(readFileSync(path), path);
  if (torn) {
    notice(`${path}: the last line was torn by an interruption; it is dropped and computed again`);
    truncateSync(path, wholeBytes);
  }
  return records;
}

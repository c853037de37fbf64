/** A run folder: manifest, records, lock. Killing the run at any moment loses at most the part in flight. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statfsSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodiLensError, EnvironmentError, RunFolderError } from "../base/errors.js";
import { openFilesError } from "../base/open-files.js";
import {
  appendText,
  diskError,
  type FileSystem,
  nodeFileSystem,
  putFile,
  sweepTemporaries,
} from "../disk/atomic-file.js";
import { lockFolder } from "../disk/lock.js";
import { differences, type Fingerprint } from "./fingerprint.js";
import { MANIFEST_SCHEMA, type Manifest, manifestSchema } from "./manifest.js";
import type { ExperimentRecord } from "./record.js";
import { checkedRecord, lineOf, linesByKey, readRecords, recordLine } from "./record-line.js";

/** How a folder is opened. */
export interface StoreOptions {
  readonly dir: string;
  readonly fingerprint: Fingerprint;
  readonly takeOver: boolean;
  /** Delete an earlier run's files first; only in a folder that is a run's, and never under a living run. */
  readonly fresh?: boolean;
  /** Files at the top of the folder that studies make of all records: they go with an earlier run's records. */
  readonly made?: readonly string[];
  /** Folders below this one with a run that belongs to it, such as a control's: with `fresh` they are emptied too. */
  readonly below?: readonly string[];
  readonly notice: (text: string) => void;
  readonly fs?: FileSystem;
}

/** Why an item has no result. */
export type ItemError = Extract<ExperimentRecord, { status: "failed" }>["error"];

/** The records of one run, on disk. */
export class RunStore {
  readonly #records: Map<string, ExperimentRecord>;
  readonly #fs: FileSystem;
  readonly #release: () => void;
  readonly #fd: number;
  #closed = false;

  private constructor(
    readonly dir: string,
    {
      records,
      fs,
      release,
    }: { readonly records: readonly ExperimentRecord[]; readonly fs: FileSystem; readonly release: () => void },
  ) {
    this.#records = new Map(records.map((record) => [record.key, record]));
    this.#fs = fs;
    this.#release = release;
    this.#fd = fs.open(this.#path("records.jsonl"), "a");
  }

  /**
   * Opens or resumes a folder.
   *
   * @throws RunFolderError when it is locked, of another run, or damaged; EnvironmentError when it cannot be written.
   */
  static open({
    dir,
    fingerprint,
    takeOver,
    fresh = false,
    made = [],
    below = [],
    notice,
    fs = nodeFileSystem,
  }: StoreOptions): RunStore {
    const release = lockFolder(dir, takeOver);
    try {
      for (const name of fresh ? below : []) removeBelow(join(dir, name), { made, takeOver });
      if (fresh) removeRun(dir, made);
      sweepTemporaries(dir);
      checkSameRun(dir, fingerprint);
      return new RunStore(dir, { records: readExisting(dir, notice), fs, release });
    } catch (error) {
      release();
      throw error instanceof CodiLensError ? error : diskError(dir, error);
    }
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  /** The error of a failed item; undefined for any other. */
  failureOf(key: string): ItemError | undefined {
    const record = this.#records.get(key);
    return record?.status === "failed" ? record.error : undefined;
  }

  get size(): number {
    return this.#records.size;
  }

  get failed(): number {
    return this.records.filter(({ status }) => status === "failed").length;
  }

  get records(): ExperimentRecord[] {
    return [...this.#records.values()];
  }

  /** The records of some keys, in their order; none for a key without one. */
  inOrder(keys: readonly string[]): ExperimentRecord[] {
    return keys.flatMap((key) => this.#records.get(key) ?? []);
  }

  /** Appends records in one write, synced to the disk. @throws EnvironmentError when the disk is full; earlier records stay. */
  append(records: readonly ExperimentRecord[]): void {
    const checked = records.map(checkedRecord);
    appendText(this.#fd, checked.map(lineOf).join(""), { path: this.#path("records.jsonl"), fs: this.#fs });
    for (const record of checked) this.#records.set(record.key, record);
  }

  writeManifest(manifest: Manifest): void {
    putFile(this.#path("manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`, this.#fs);
  }

  /** Rewrites the records in the given order, so that an interrupted run ends with the same bytes as an undisturbed one. */
  seal(order: readonly string[]): void {
    const written = linesByKey(readFileSync(this.#path("records.jsonl")));
    const lines = order.flatMap((key) => {
      const record = this.#records.get(key);
      // A line that does not begin as it is written here is written anew.
      return record === undefined ? [] : [written.get(key) ?? Buffer.from(recordLine(record))];
    });
    putFile(this.#path("records.jsonl"), Buffer.concat(lines), this.#fs);
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

/**
 * Makes the folder and proves that it can be written, before a model is loaded.
 *
 * @param needs bytes that the run will write; 0 asks only for room for the probe.
 * @throws EnvironmentError.
 */
export function probeFolder(dir: string, needs = 0): void {
  try {
    makeFolders(dir);
    // With content: an empty file can be made on a full disk.
    putFile(join(dir, ".probe"), "x".repeat(4096));
    rmSync(join(dir, ".probe"));
  } catch (error) {
    // `putFile` has wrapped what it met.
    const known = openFilesError(error) ?? openFilesError((error as Error).cause);
    if (known !== null) throw known;
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
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize < needs)
    throw new EnvironmentError(
      `${JSON.stringify(dir)} has ${megabytes(bavail * bsize)} free, the run writes about ${megabytes(needs)}`,
      "free space, or choose another folder with --out",
    );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What a run writes at the top of its folder, whatever the number of problems. */
const RUN_FILES =
  /^(manifest|summary|summary_statistics|kept_[a-z][a-z\d-]*)\.json$|^(records|log)\.jsonl$|^(full_dataset|test_dataset|token_ablation_results|attention_weights)_.*\.json$|^(report\.html|SHA256SUMS|figures|tables)$/;

/** Deletes a run's files and nothing else. @throws RunFolderError when the folder is no run's. */
function removeRun(dir: string, made: readonly string[]): void {
  const found = readdirSync(dir).filter((name) => RUN_FILES.test(name) || made.includes(name));
  if (found.length === 0) return;
  if (!existsSync(join(dir, "manifest.json")) || !isManifest(join(dir, "manifest.json")))
    throw new RunFolderError(
      `${dir} holds ${found[0]} but no manifest.json of a run: --new does not empty it`,
      "choose another --out",
    );
  // The manifest goes last: killed in between, the folder is still known as a run's.
  const order = [...found.filter((name) => name !== "manifest.json"), "manifest.json"];
  for (const name of order) rmSync(join(dir, name), { recursive: true, force: true });
}

/** The same of a folder that may not be there, and of the folder itself where nothing else is in it. @throws RunFolderError where it is locked. */
function removeBelow(dir: string, { made, takeOver }: Required<Pick<StoreOptions, "made" | "takeOver">>): void {
  if (!existsSync(dir)) return;
  const release = lockFolder(dir, takeOver);
  try {
    removeRun(dir, made);
  } finally {
    release();
  }
  if (readdirSync(dir).length === 0) rmdirSync(dir);
}

function isManifest(path: string): boolean {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown> | null;
    return typeof value?.["schema"] === "number" && typeof value["fingerprint"] === "object";
  } catch {
    return false;
  }
}

/** Makes a folder and those above it. Not by mkdir's own recursion: on some file systems (/proc) that never returns. */
export function makeFolders(dir: string): void {
  if (existsSync(dir)) return;
  makeFolders(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    // Another run, such as the next task of an array, makes the same one at the same moment.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !existsSync(dir)) throw error;
  }
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
    const value = JSON.parse(readFileSync(path, "utf8")) as { schema?: unknown } | null;
    if (typeof value?.schema === "number" && value.schema !== MANIFEST_SCHEMA)
      throw new RunFolderError(
        `${path} has manifest schema ${value.schema}, this version reads ${MANIFEST_SCHEMA}`,
        "use the CodiLens version that wrote it",
      );
    return manifestSchema.parse(value);
  } catch (error) {
    if (error instanceof RunFolderError) throw error;
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

/** Where the records of a sweep are kept while it runs: in memory, or in a run folder. */

import type { Fingerprint } from "../../records/fingerprint.js";
import type { Manifest } from "../../records/manifest.js";
import type { ExperimentRecord } from "../../records/record.js";
import { probeFolder, RunStore } from "../../records/store.js";

/** Keeps records by their keys. */
export interface Keeper {
  has(key: string): boolean;
  append(records: readonly ExperimentRecord[]): void;
  readonly records: readonly ExperimentRecord[];
  /** All records are there. @param order their keys. */
  finish(order: readonly string[]): void;
  close(): void;
}

/** Records that live as long as the sweep. */
export function memoryKeeper(): Keeper {
  const records = new Map<string, ExperimentRecord>();
  return {
    has: (key) => records.has(key),
    append: (more) => {
      for (const record of more) records.set(record.key, record);
    },
    get records() {
      return [...records.values()];
    },
    finish: () => undefined,
    close: () => undefined,
  };
}

/** What a run folder is opened with. */
export interface FolderRequest {
  readonly dir: string;
  readonly fingerprint: Fingerprint;
  /** Keys of all records, in the order in which they end. */
  readonly order: readonly string[];
  readonly manifest: (status: Manifest["status"], seconds: number | null) => Manifest;
  readonly notice: (text: string) => void;
}

/** @throws RunFolderError where the folder is of another sweep, in use or damaged; EnvironmentError where it cannot be written. */
export function folderKeeper({ dir, fingerprint, order, manifest, notice }: FolderRequest): Keeper {
  const started = Date.now();
  probeFolder(dir);
  const store = RunStore.open({ dir, fingerprint, takeOver: false, notice });
  const wasComplete = order.every((key) => store.has(key)) && store.size === order.length;
  if (!wasComplete) store.writeManifest(manifest("started", null));
  const close = (): void => store.close();
  process.once("exit", close);
  return {
    has: (key) => store.has(key),
    append: (records) => store.append(records),
    get records() {
      return store.records;
    },
    finish: () => {
      // A folder that was whole is left as it is, to the last byte.
      if (wasComplete) return;
      store.seal(order);
      store.writeManifest(manifest(store.failed > 0 ? "partial" : "complete", (Date.now() - started) / 1000));
    },
    close: () => {
      process.off("exit", close);
      close();
    },
  };
}

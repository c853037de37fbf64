/** What a download is asked for, works with and gives. */

import type { FileSystem } from "../disk/atomic-file.js";
import type { HubFile } from "./client.js";
import type { RepositoryName } from "./names.js";
import type { Network } from "./retry.js";
import type { CheckedFile } from "./verified-note.js";

/** What to download, and where to. */
export interface DownloadRequest extends RepositoryName {
  readonly dir: string;
  /** Globs; empty for the default choice. */
  readonly include: readonly string[];
  /** Replace another download, and files that differ. */
  readonly force: boolean;
  /** Hash every file that is there. */
  readonly verify: boolean;
}

/** What a download reaches outside of itself. */
export interface DownloadContext extends Network {
  /** Called with bytes: there, in all, and there before this run. */
  readonly progress: (done: number, total: number, resumed: number) => void;
  /** Takes the folder for this process; returns what lets it go. */
  readonly hold: (dir: string) => () => void;
  readonly fs?: FileSystem;
  /** Bytes free where the folder is, or null if unknown. */
  readonly freeBytes?: (dir: string) => number | null;
}

/** A complete download. */
export interface DownloadResult extends RepositoryName {
  readonly commit: string;
  readonly dir: string;
  /** `fetched`: in this run. */
  readonly files: readonly (Omit<CheckedFile, "mtimeMs"> & { readonly fetched: boolean })[];
  /** Bytes of content that came over the network in this run. */
  readonly receivedBytes: number;
}

/** A download whose files are known. */
export interface DownloadTask {
  readonly request: DownloadRequest;
  readonly context: DownloadContext;
  readonly commit: string;
  readonly wanted: readonly HubFile[];
}

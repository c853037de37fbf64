/** A file that is still coming in: `<name>.part` beside its place, hashed as it grows. */

import { diskError, type FileSystem } from "../disk/atomic-file.js";
import type { HubFile } from "./client.js";
import { ContentHash, type Hashed, hashFrom } from "./content-hash.js";

/** How a part is opened. */
export interface PartOptions {
  /** Where the whole file goes; the part is `<path>.part`. */
  readonly path: string;
  readonly file: HubFile;
  /** Whether the bytes of an earlier run may be gone on with. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly fs: FileSystem;
}

/** Its owner closes it; what is written stays on disk for the next run. */
export class PartFile {
  readonly path: string;
  readonly #options: PartOptions;
  readonly #fd: number;
  #hash: ContentHash;
  #length = 0;
  #closed = false;

  private constructor(options: PartOptions, fd: number) {
    this.path = `${options.path}.part`;
    this.#options = options;
    this.#fd = fd;
    this.#hash = this.#newHash();
  }

  /** Opens the part, hashing what is there already. @throws EnvironmentError for the disk; the signal's reason. */
  static async open(options: PartOptions): Promise<PartFile> {
    const { path, file, fs, keep, signal } = options;
    let part: PartFile;
    try {
      part = new PartFile(options, fs.open(`${path}.part`, "a"));
    } catch (error) {
      throw diskError(`${path}.part`, error);
    }
    try {
      const there = fs.size(part.#fd);
      if (!keep || there > file.sizeBytes) part.restart();
      else part.#length = await hashFrom(part.path, part.#hash, signal);
      return part;
    } catch (error) {
      part.close();
      signal.throwIfAborted();
      throw diskError(part.path, error);
    }
  }

  /** Bytes that are written and hashed. */
  get length(): number {
    return this.#length;
  }

  /** @throws EnvironmentError; the bytes before stay. */
  append(bytes: Uint8Array): void {
    this.#guarded(() => this.#options.fs.writeAll(this.#fd, bytes));
    this.#hash.update(bytes);
    this.#length += bytes.length;
  }

  /** Empties it. @throws EnvironmentError. */
  restart(): void {
    this.#guarded(() => this.#options.fs.truncate(this.#fd, 0));
    this.#hash = this.#newHash();
    this.#length = 0;
  }

  /** The hashes of all bytes so far; afterwards it is kept, moved or restarted, not appended to. */
  hashed(): Hashed {
    return this.#hash.finish();
  }

  /** Makes it the whole file. @throws EnvironmentError. */
  moveIntoPlace(): void {
    const { fs, path, file } = this.#options;
    this.#guarded(() => {
      fs.sync(this.#fd);
      // Another program wrote to it, so the hash is not of what is there.
      if (fs.size(this.#fd) !== file.sizeBytes) throw new Error("its size changed meanwhile");
      this.close();
      fs.rename(this.path, path);
    });
  }

  /** Removes it. */
  remove(): void {
    this.close();
    this.#options.fs.remove(this.path);
  }

  /** May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.fs.close(this.#fd);
  }

  #newHash(): ContentHash {
    return new ContentHash(this.#options.file.identity, this.#options.file.sizeBytes);
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw diskError(this.path, error);
    }
  }
}

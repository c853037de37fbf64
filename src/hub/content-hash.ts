/** What the bytes of a file must hash to: SHA-256 for large files, git's blob SHA-1 for small ones. */

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** The hash that a commit gives for a file, in lower-case hex. */
export interface Identity {
  readonly kind: "sha256" | "git";
  readonly hex: string;
}

/** Outcome of hashing a whole file. */
export interface Hashed {
  readonly sha256: string;
  /** The hash that compares with the identity's. */
  readonly found: string;
  readonly matches: boolean;
}

/** Hashes a file of a known size while it comes in. */
export class ContentHash {
  readonly #sha256 = createHash("sha256");
  readonly #git: Hash | null;
  readonly #identity: Identity;

  constructor(identity: Identity, sizeBytes: number) {
    this.#identity = identity;
    this.#git = identity.kind === "git" ? createHash("sha1").update(`blob ${sizeBytes}\0`) : null;
  }

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#git?.update(bytes);
  }

  /** May be called once. */
  finish(): Hashed {
    const sha256 = this.#sha256.digest("hex");
    const found = this.#git?.digest("hex") ?? sha256;
    return { sha256, found, matches: found === this.#identity.hex };
  }
}

/** Reads a file from its start into a hash. @returns the bytes read. @throws the file system's error; the signal's reason. */
export async function hashFrom(path: string, hash: ContentHash, signal: AbortSignal): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    signal.throwIfAborted();
    hash.update(chunk as Uint8Array);
    sizeBytes += (chunk as Uint8Array).length;
  }
  return sizeBytes;
}

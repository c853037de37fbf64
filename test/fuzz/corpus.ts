/** The stored verdicts of the reference on cases that are made anew from their seed: differential testing without Python. */

import { createHash } from "node:crypto";
import type { Verdict } from "./reference.js";
import type { Expected } from "./safetensors.js";

/** `test/fixtures/fuzz/safetensors.json`. */
export interface Corpus {
  readonly script: string;
  readonly versions: string;
  readonly seed: number;
  readonly cases: number;
  /** SHA-256 over all cases: another one means that the mutator was changed, and the script must be run again. */
  readonly files: string;
  /** One bit a case, the first in the lowest bit: did the reference accept it? Base64. */
  readonly accepted: string;
  /** First four bytes of the digest of what the reference read, for each accepted case. Base64. */
  readonly digests: string;
}

const DIGEST_BYTES = 4;

/** @param seed of the cases. @param files the cases. @param verdicts of the reference. */
export function corpusOf(
  seed: number,
  files: readonly Uint8Array[],
  verdicts: readonly Verdict[],
): Omit<Corpus, "script" | "versions"> {
  const bits = new Uint8Array(Math.ceil(files.length / 8));
  const digests: Buffer[] = [];
  for (const [i, { kind, payload }] of verdicts.entries()) {
    if (kind === "crashed") throw new RangeError(`The reference crashed over case ${i}`);
    if (kind === "refused") continue;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
    digests.push(payload.subarray(0, DIGEST_BYTES));
  }
  return {
    seed,
    cases: files.length,
    files: hashOf(files),
    accepted: Buffer.from(bits).toString("base64"),
    digests: Buffer.concat(digests).toString("base64"),
  };
}

/** SHA-256 over files and their lengths. */
export function hashOf(files: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.length}\n`).update(file);
  return hash.digest("hex");
}

/** For each case the beginning of the digest, or null where the reference refused. */
export function expectedOfCorpus({ cases, accepted, digests }: Corpus): Expected[] {
  const bits = Buffer.from(accepted, "base64");
  const all = Buffer.from(digests, "base64");
  let next = 0;
  return Array.from({ length: cases }, (_, i) => {
    if (((bits[i >> 3] ?? 0) & (1 << (i & 7))) === 0) return null;
    const at = next++ * DIGEST_BYTES;
    return all.subarray(at, at + DIGEST_BYTES).toString("hex");
  });
}

/** The files of checkpoints with random BF16 weights, whatever their family: written whole or not at all. */

import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { safetensorsHeader, type TensorEntry } from "../../src/model/checkpoint/write-safetensors.js";

/** What is written. */
export interface RandomFiles {
  /** File → what it holds as JSON. */
  readonly json: Readonly<Record<string, object>>;
  readonly tensors: readonly TensorEntry[];
  /** Standard deviation of the weights; those of norms are around 1. */
  readonly deviation: number;
}

/** Makes the checkpoint unless it is there. @returns its folder. */
export function ensureRandom(work: string, name: string, files: () => RandomFiles): string {
  const folder = join(work, name);
  if (existsSync(join(folder, "model.safetensors"))) return folder;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const { json, ...weights } = files();
  for (const [file, value] of Object.entries(json)) writeFileSync(join(draft, file), JSON.stringify(value));
  writeWeights(join(draft, "model.safetensors"), weights);
  // Renamed when it is whole: a half-written one is never taken for a checkpoint.
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

/** A tensor to be filled. */
export function bf16Entry(name: string, ...shape: number[]): TensorEntry {
  return { name, dtype: "BF16", shape, length: shape.reduce((product, n) => product * n, 1) };
}

/** A tokenizer of bytes. @param special the words of the last ids, from `vocab - special.length` on. @param vocab all words. */
export function byteTokenizer(vocab: number, special: readonly string[]): object {
  const first = vocab - special.length;
  const bytes = byteAlphabet();
  const words = Array.from({ length: vocab }, (_, id) =>
    id < bytes.length ? (bytes[id] ?? "") : id < first ? `<unused-${id - bytes.length}>` : (special[id - first] ?? ""),
  );
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, i) => ({
      id: first + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: [],
    },
  };
}

/** The 256 characters that stand for bytes in byte-level BPE, sorted. */
function byteAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  const codes = Array.from({ length: 256 }, (_, byte) => (printable(byte) ? byte : next++));
  return codes.sort((a, b) => a - b).map((code) => String.fromCodePoint(code));
}

function writeWeights(path: string, { tensors: entries, deviation }: Omit<RandomFiles, "json">): void {
  const { bytes, offsets } = safetensorsHeader(entries, { format: "pt" });
  const file = openSync(path, "w");
  try {
    writeSync(file, bytes, 0, bytes.length, 0);
    const draw = normalWords(deviation);
    const chunk = new Uint16Array(2 ** 22);
    for (const { name, length } of entries) {
      const centre = /norm\.weight$|ln(?:_[12f])?\.weight$/.test(name) ? 1 : 0;
      let at = offsets.get(name) ?? 0;
      for (let done = 0; done < length; done += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, length - done));
        draw(part, centre);
        at += writeSync(file, part, 0, part.byteLength, at);
      }
    }
  } finally {
    closeSync(file);
  }
}

const TABLE_BITS = 16;

/** Fills an array with BF16 words: a generator's high bits choose from the quantiles of a normal distribution. */
function normalWords(deviation: number): (out: Uint16Array, centre: number) => void {
  const word = new Float32Array(1);
  const bits = new Uint32Array(word.buffer);
  const toBf16 = (value: number): number => {
    word[0] = value;
    return ((bits[0] ?? 0) + 0x8000) >>> 16;
  };
  const size = 2 ** TABLE_BITS;
  const tables = [0, 1].map((centre) =>
    Uint16Array.from({ length: size }, (_, i) => toBf16(centre + deviation * normalQuantile((i + 0.5) / size))),
  );
  let state = 0x9e3779b9;
  return (out, centre) => {
    const table = tables[centre] ?? new Uint16Array(size);
    let s = state;
    for (let i = 0; i < out.length; i++) {
      // xorshift32 (Marsaglia 2003): random enough for weights that nobody reads.
      s ^= s << 13;
      s ^= s >>> 17;
      s ^= s << 5;
      out[i] = table[s >>> (32 - TABLE_BITS)] ?? 0;
    }
    state = s;
  };
}

/** By bisection: Φ is increasing, and 60 halvings reach float64. */
function normalQuantile(p: number): number {
  let low = -9;
  let high = 9;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// Abramowitz and Stegun 26.2.17, error below 7.5e-8.
function normalBelow(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x >= 0 ? 1 - tail : tail;
}

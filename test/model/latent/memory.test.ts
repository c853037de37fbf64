/** What a load is said to take, beside what it takes. */
// @needs nothing

import { execFileSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { modelFolder } from "../../support/parity.js";

const FOLDER = modelFolder("grouped-llama3");
/** Rows of the grown embedding: 256 MiB as BF16 of width 32, eight times what is read at once. */
const VOCAB = 2 ** 22;
// Either way: allocators and the pages of the library that a run touches differ from run to run.
const MARGIN = 300 * 2 ** 20;

/** The committed model with a tied embedding of zeros so long; the zeros take no disk. */
function grow(folder: string): void {
  for (const name of ["tokenizer.json", "codi.json"]) copyFileSync(join(FOLDER, name), join(folder, name));
  const config = JSON.parse(readFileSync(join(FOLDER, "config.json"), "utf8")) as object;
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...config, vocab_size: VOCAB, tie_word_embeddings: true }),
  );
  const file = readFileSync(join(FOLDER, "model.safetensors"));
  const length = Number(file.readBigUInt64LE(0));
  type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };
  const old = JSON.parse(file.toString("utf8", 8, 8 + length)) as Record<string, Entry>;
  const header: Record<string, Entry> = {};
  const copied: [number, Uint8Array][] = [];
  let at = 0;
  for (const [name, entry] of Object.entries(old)) {
    if (name === "__metadata__" || name.endsWith("lm_head.weight")) continue;
    const { dtype, shape, data_offsets } = entry;
    const [from, to] = data_offsets;
    const embed = name.endsWith("embed_tokens.weight");
    const rows = embed ? [VOCAB + 3, ...shape.slice(1)] : shape;
    const bytes = embed ? 2 * (VOCAB + 3) * (shape[1] ?? 0) : to - from;
    header[name] = { dtype, shape: rows, data_offsets: [at, at + bytes] };
    if (!embed) copied.push([at, file.subarray(8 + length + from, 8 + length + to)]);
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const begin = Buffer.alloc(8);
  begin.writeBigUInt64LE(BigInt(text.length));
  const out = openSync(join(folder, "model.safetensors"), "w");
  writeSync(out, Buffer.concat([begin, text]));
  for (const [offset, bytes] of copied) writeSync(out, bytes, 0, bytes.length, 8 + text.length + offset);
  ftruncateSync(out, 8 + text.length + at);
  closeSync(out);
}

test("a load takes what was said before it, to 300 MiB", () => {
  const folder = mkdtempSync(join(tmpdir(), "codilens-memory-"));
  try {
    grow(folder);
    const script = join(import.meta.dirname, "../../support/peak-of-load.ts");
    const out = execFileSync(process.execPath, ["--import", "tsx", script, folder], { encoding: "utf8" });
    const { peakBytes, peak } = JSON.parse(out.trim().split("\n").at(-1) ?? "") as { peakBytes: number; peak: number };
    expect(Math.abs(peakBytes - peak)).toBeLessThan(MARGIN);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

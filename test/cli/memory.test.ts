/** Real limits of the kernel (`ulimit -v`): too little for a load, and too little for what an item needs. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { closeSync, cpSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const home = temporaryFolder("codilens-memory-");
const dist = pathToFileURL(join(process.cwd(), "dist", "index.js")).href;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node in a shell whose processes may have so much address space. */
function limited(kib: number | "unlimited", args: readonly string[]): Ended {
  const line = `ulimit -v ${kib}; exec "$0" "$@"`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", line, process.execPath, ...args], { encoding: "utf8" });
  return { code: status, stdout, stderr };
}

const script = (body: string): string[] => [
  "--input-type=module",
  "-e",
  `import { CodiModel, tf } from "${dist}";${body}`,
];

/** A process's address space in KiB before it starts the engine, and its peak once the embedded model is loaded. */
let [before, loaded] = [0, 0];
beforeAll(() => {
  spawnSync(process.execPath, ["scripts/codilens.mjs", "--help"]);
  const { stdout } = limited(
    "unlimited",
    script(`import { readFileSync } from "node:fs";
      const size = (field) => new RegExp(field + ":\\\\s+(\\\\d+)").exec(readFileSync("/proc/self/status", "utf8"))[1];
      const before = size("VmSize"); await CodiModel.load("weights/tiny-codi"); console.log(before, size("VmPeak"));`),
  );
  [before = 0, loaded = 0] = stdout.split(" ").map(Number);
  expect(loaded).toBeGreaterThan(1e6);
});

describe("too little memory for the load", () => {
  test("is refused in one sentence, with exit 5, before any tensor is made", () => {
    // The estimate for this model is above 700 MiB.
    const { stdout } = limited(
      before + 400_000,
      script(`try { await CodiModel.load("weights/tiny-codi"); console.log("loaded"); }
        catch (error) { console.log(JSON.stringify([error.exitCode, error.message, tf.engine().state.numTensors])); }`),
    );
    expect(JSON.parse(stdout)).toEqual([
      5,
      expect.stringMatching(/^Not enough memory to load .* are available \(this process's limit of address space\)$/),
      0,
    ]);
  });

  test("is refused by the command too, whose computing process has the engine already", () => {
    const out = join(home, "refused");
    const { code, stderr } = limited(loaded + 575_000, [
      ...["scripts/codilens.mjs", "experiment", "--test-mode", "--no-control-model", "--no-progress", "--out", out],
    ]);
    expect([code, stderr.split("\n").filter((line) => line.startsWith("error:"))]).toEqual([
      5,
      [expect.stringMatching(/Not enough memory to load .*\(this process's limit of address space\)/)],
    ]);
  });
});

/** The embedded model with so many more rows of zeros in its vocabulary, as a file of holes. @returns bytes of its embedding in float32. */
function grown(folder: string, rows: number): number {
  cpSync("weights/tiny-codi", folder, { recursive: true });
  const path = join(folder, "model.safetensors");
  const old = readFileSync(path);
  const begin = 8 + Number(old.readBigUInt64LE(0));
  type Entry = { dtype: string; shape: number[]; data_offsets: number[] };
  const { __metadata__: _, ...tensors } = JSON.parse(old.subarray(8, begin).toString()) as Record<string, Entry>;
  const entries = Object.entries(tensors).sort(([, a], [, b]) => (a.data_offsets[0] ?? 0) - (b.data_offsets[0] ?? 0));
  const header: Record<string, Entry> = {};
  const pieces: [at: number, bytes: Buffer][] = [];
  let end = 0;
  let bytes = 0;
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const data = old.subarray(begin + (data_offsets[0] ?? 0), begin + (data_offsets[1] ?? 0));
    const [height = 0, width = 1] = shape;
    const isVocabulary = /embed_tokens|lm_head/.test(name);
    const more = isVocabulary ? (rows * data.length) / height : 0;
    const added = 3 * (data.length / height);
    // The three rows that CODI adds stay the last ones.
    pieces.push([end, isVocabulary ? data.subarray(0, -added) : data]);
    if (isVocabulary) pieces.push([end + data.length + more - added, data.subarray(-added)]);
    header[name] = {
      dtype,
      shape: isVocabulary ? [height + rows, width] : shape,
      data_offsets: [end, end + data.length + more],
    };
    end += data.length + more;
    if (isVocabulary) bytes = 4 * (height + rows) * width;
  }
  const text = Buffer.from(JSON.stringify(header).padEnd(Math.ceil(JSON.stringify(header).length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const fd = openSync(path, "w");
  writeSync(fd, length, 0, 8, 0);
  writeSync(fd, text, 0, text.length, 8);
  for (const [at, data] of pieces) writeSync(fd, data, 0, data.length, 8 + text.length + at);
  ftruncateSync(fd, 8 + text.length + end);
  closeSync(fd);
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { vocab_size: number };
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, vocab_size: config.vocab_size + rows }));
  return bytes;
}

test("an allocation that fails while the model is loaded, its estimate set aside, ends with exit 5 and a sentence", () => {
  const model = join(home, "model");
  const bytes = grown(model, 4_000_000);
  expect(bytes).toBeGreaterThan(1e9);
  // Room for everything but the vocabulary.
  const { code, stderr } = limited(loaded + 600_000, [
    ...["scripts/codilens.mjs", "experiment", "--model", model, "--force", "--test-mode", "--no-progress"],
    ...["--out", join(home, "starved")],
  ]);
  expect([code, stderr]).toEqual([
    5,
    expect.stringMatching(
      /error: The computing process ended by (?:running out of memory|SIG[A-Z]+) outside of any item, most likely while the model was loaded\n {2}→ most often this is too little memory/,
    ),
  ]);
  expect(stderr).not.toMatch(/not expected here/);
});

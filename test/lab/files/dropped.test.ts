/** What was dropped is told apart by names, and what fits is said before a weight is read. */
// @needs engine

import { describe, expect, test } from "vitest";
import type { FilesEstimate } from "../../../src/browser.js";
import { recognise } from "../../../src/lab/files/dropped.js";
import { fitOf } from "../../../src/lab/files/memory.js";

const drop = (...paths: readonly string[]) => recognise(paths.map((path) => ({ path, blob: new Blob([path]) })));

describe("what was dropped", () => {
  test("a checkpoint folder keeps the files that its reader may ask for", () => {
    const found = drop("m/config.json", "m/model.safetensors", "m/README.md", "m/make/export.py", "m/x/config.json");
    expect(found).toMatchObject({ kind: "checkpoint", name: "m" });
    if (found.kind === "checkpoint") expect(Object.keys(found.files)).toEqual(["config.json", "model.safetensors"]);
  });

  test.each([
    ["an adapter", ["a/adapter_config.json", "a/adapter_model.safetensors"], "checkpoint"],
    ["loose files of a checkpoint", ["config.json", "model.safetensors"], "checkpoint"],
    ["a run's folder", ["r/records.jsonl", "r/manifest.json", "r/tables/rows.csv"], "run"],
    ["records alone", ["records.jsonl"], "run"],
    ["records under another name", ["mine.jsonl"], "run"],
    ["a trace", ["t.safetensors"], "trace"],
    ["a trace of NumPy", ["t.npz"], "trace"],
  ])("%s", (_, paths, kind) => {
    expect(drop(...paths).kind).toBe(kind);
  });

  test.each([
    [[], /holds no file/],
    [["notes.txt"], /notes.txt is none of the files/],
    [["d/a.txt", "d/b.txt"], /d holds neither a checkpoint nor records.jsonl/],
    [Array.from({ length: 10_001 }, (_, i) => `d/${i}`), /more than 10000 files/],
  ])("what is none of them is refused (%#)", (paths, sentence) => {
    expect(() => drop(...paths)).toThrow(sentence);
  });
});

test("a run's folder keeps its manifest, and is a run even where a checkpoint lies in it", () => {
  const files = ["r/manifest.json", "r/records.jsonl", "r/config.json"].map((path) => ({
    path,
    blob: new Blob([path]),
  }));
  expect(recognise(files)).toEqual({ kind: "run", name: "r", records: files[1]?.blob, manifest: files[0]?.blob });
});

test("the folder that was dropped comes before what lies deeper in it", () => {
  expect(drop("a/old/config.json", "a/b/c/config.json", "a/config.json")).toMatchObject({
    kind: "checkpoint",
    name: "a",
  });
});

describe("memory", () => {
  const of = (weights: number): FilesEstimate => ({
    name: "m",
    parameters: weights,
    layers: 16,
    dModel: 64,
    latents: 6,
    protocol: "codi",
    because: { protocol: "codi.json says so", latents: "codi.json says so" },
    dtype: "F32",
    weightBytes: 4 * weights,
    passingBytes: 2 ** 20,
    largestBytes: weights,
  });
  const wasm = { engine: "wasm", deviceBytes: null, bufferBytes: null } as const;

  test("a small model fits, and the sentence says what it takes", () => {
    expect(fitOf(of(830_784), wasm).sentence).toBe("m has 830,784 weights and takes about 305 MiB of memory here.");
  });

  // What Chromium's tab had at its peak, after a sweep: VmHWM of its process.
  test.each([
    ["tiny-codi", { weightBytes: 4 * 830_784, layers: 16, dModel: 64 }, 261],
    ["a random model of 8 blocks", { weightBytes: 4 * 22.3e6, layers: 8, dModel: 384 }, 560],
  ])("what is said of %s is what a browser took, within a fifth", (_, sizes, mebibytes) => {
    const { peakBytes } = fitOf({ ...of(1), ...sizes }, wasm);
    expect(Math.abs(peakBytes / 2 ** 20 / mebibytes - 1)).toBeLessThan(0.2);
  });

  test("a model of 1.24 billion weights is refused on WebAssembly, and on WebGPU it is not", () => {
    expect(() => fitOf(of(1.24e9), wasm)).toThrow(
      "m has 1.24 billion weights and takes about 4.9 GiB of memory here; WebAssembly can address 4.0 GiB",
    );
    expect(fitOf(of(1.24e9), { ...wasm, engine: "webgpu", bufferBytes: 2 ** 31 }).engineBytes).toBeGreaterThan(4.9e9);
  });

  test("a device that says it has less refuses it, and so does a buffer that is too small", () => {
    expect(() => fitOf(of(6e8), { ...wasm, deviceBytes: 2 ** 31 })).toThrow(/this device says that it has 2.0 GiB/);
    expect(() => fitOf(of(6e8), { engine: "webgpu", deviceBytes: null, bufferBytes: 2 ** 28 })).toThrow(
      /m needs 573 MiB in one piece; a buffer of this GPU holds 256 MiB/,
    );
  });
});

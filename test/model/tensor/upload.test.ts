/** What the engine makes of stored words: exact widening, merging; the same as plain tfjs ops, and nothing left behind. */
// @needs engine

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { CodiModel, filesFromBytes } from "../../../src/index.js";
import { alignedMemory } from "../../../src/model/tensor/aligned-memory.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { bf16ToFloat32, type FloatValues, type LoraValues, scan, widened } from "../../../src/model/tensor/floats.js";
import { tf } from "../../../src/model/tensor/tf.js";
import { type MatrixRows, uploadMatrix, uploadVectors } from "../../../src/model/tensor/upload.js";

beforeAll(() => startEngine("native"));

const uploadOne = (
  values: FloatValues,
  [rows, width]: readonly [number, number],
  lora: LoraValues | null = null,
): tf.Tensor2D => uploadMatrix([{ rows, values, lora }], width);

/** All 16-bit words but NaN and infinities, and how many there are a row. */
function allFinite(dtype: "F16" | "BF16"): { values: FloatValues; shape: readonly [number, number] } {
  const infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
  const words = Uint16Array.from({ length: 65536 }, (_, word) => word).filter((word) => (word & 0x7fff) < infinity);
  return { values: { dtype, data: words }, shape: [words.length / 8, 8] };
}

describe("uploadMatrix()", () => {
  test.each(["F16", "BF16"] as const)("widens every finite %s word exactly", (dtype) => {
    const { values, shape } = allFinite(dtype);
    const matrix = uploadOne(values, shape);
    expect(matrix.shape).toEqual(shape);
    expect(matrix.dataSync()).toEqual(widened(values));
    matrix.dispose();
  });

  test("an odd number of words, and words that are not aligned, give the same", () => {
    const data = Uint16Array.of(0x3f80, 0x4000, 0x4040, 0xbf80);
    for (const part of [data.subarray(0, 3), data.subarray(1, 4), data.subarray(1, 3)]) {
      const tensor = uploadOne({ dtype: "BF16", data: part }, [1, part.length]);
      expect([...tensor.dataSync()]).toEqual(
        [1, 2, 3, -1].slice(part.byteOffset / 2, part.byteOffset / 2 + part.length),
      );
      tensor.dispose();
    }
  });

  test("what was given may be overwritten afterwards", () => {
    const data = Float32Array.of(1, 2, 3, 4);
    const [matrix, vector] = [uploadOne({ dtype: "F32", data }, [2, 2]), uploadVectors([{ dtype: "F32", data }])];
    data.fill(9);
    expect([...matrix.dataSync()]).toEqual([1, 2, 3, 4]);
    expect([...vector.dataSync()]).toEqual([1, 2, 3, 4]);
    tf.dispose([matrix, vector]);
  });

  test.each([
    [6, 10],
    // More than one product, the last one smaller; and a number of rows that is prime.
    [2200, 1026],
    [2203, 1026],
  ])("merging %i × %i equals the sum in double precision to float32 noise", (out, inner) => {
    const [rank, scale] = [4, 0.3];
    const random = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(length + 7 * i));
    const [w, a, b] = [random(out * inner), random(rank * inner), random(out * rank)];
    const f32 = (data: Float32Array): FloatValues => ({ dtype: "F32", data });
    const tensor = uploadOne(f32(w), [out, inner], { a: f32(a), b: f32(b), rank, scale });
    const found = tensor.dataSync();
    let worst = 0;
    for (let o = 0; o < out; o++)
      for (let i = 0; i < inner; i++) {
        let sum = w[o * inner + i] ?? 0;
        for (let r = 0; r < rank; r++) sum += scale * (b[o * rank + r] ?? 0) * (a[r * inner + i] ?? 0);
        worst = Math.max(worst, Math.abs((found[o * inner + i] ?? Number.NaN) - sum));
      }
    expect(worst).toBeLessThan(1e-6);
    tensor.dispose();
  });
});

test.each([
  ["side by side", 0],
  ["apart", 64],
])("several weights in one matrix, their values %s, are what each is alone", (_, gap) => {
  const [width, rank, scale] = [6, 2, 0.5];
  const sizes = [4, 2, 6] as const;
  const memory = alignedMemory(1024, 0);
  let at = 0;
  const parts = sizes.map((rows, part): MatrixRows => {
    const data = new Uint16Array(memory.buffer, at, rows * width);
    at += data.byteLength + gap;
    for (let i = 0; i < data.length; i++) data[i] = 0x3f80 + part * 16 + i;
    const pair = (length: number): FloatValues => ({
      dtype: "F32",
      data: Float32Array.from({ length }, (_, i) => Math.cos(part + i)),
    });
    const lora = part === 1 ? null : { a: pair(rank * width), b: pair(rows * rank), rank, scale };
    return { rows, values: { dtype: "BF16", data }, lora };
  });
  const alone = parts.map(({ rows, values, lora }) => uploadOne(values, [rows, width], lora));
  const together = uploadMatrix(parts, width);
  expect(together.shape).toEqual([12, width]);
  expect([...together.dataSync()]).toEqual(alone.flatMap((matrix) => [...matrix.dataSync()]));
  tf.dispose([together, ...alone]);
});

describe("scan()", () => {
  test("finds it in aligned memory too, in the blocks and after them", () => {
    const memory = alignedMemory(4096, 0);
    const data = new Uint16Array(memory.buffer, 64, 101).fill(0x3f81);
    expect(scan({ dtype: "BF16", data })).toEqual({ bad: -1, bound: bf16ToFloat32(Uint16Array.of(0x3f81))[0] });
    for (const place of [0, 31, 64, 95, 99, 100]) {
      data.fill(0x3f81)[place] = 0x7f80;
      expect(scan({ dtype: "BF16", data }).bad).toBe(place);
    }
  });

  test.each(["F32", "F16", "BF16"] as const)("finds a %s value that is not finite wherever it stands", (dtype) => {
    for (const place of [0, 1, 7, 8, 12, 16]) {
      const infinity = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 }[dtype];
      const words = dtype === "F32" ? new Uint32Array(17) : new Uint16Array(17);
      words[place] = infinity + 1;
      const data = dtype === "F32" ? new Float32Array(words.buffer) : words;
      expect(scan({ dtype, data } as FloatValues).bad).toBe(place);
    }
  });

  test("bounds the largest magnitude, and knows a tensor of zeros", () => {
    const bound = (...values: number[]): number => scan({ dtype: "F32", data: Float32Array.from(values) }).bound;
    expect(bound(0, -0, 0)).toBe(0);
    expect(bound(-3, 2)).toBeGreaterThanOrEqual(3);
    expect(bound(-3, 2)).toBeLessThanOrEqual(6);
    // The OR of these two exponents is that of infinity, yet both are finite.
    expect(bound(1.5, 2.5)).toBe(2.5);
  });
});

test("a load that fails in the middle, and one that ends, leave no tensor", async () => {
  const folder = "test/fixtures/models/half";
  const file = (name: string): Uint8Array => new Uint8Array(readFileSync(`${folder}/${name}`));
  const weights = file("model.safetensors");
  const files = {
    "config.json": file("config.json"),
    "tokenizer.json": file("tokenizer.json"),
    "codi.json": file("codi.json"),
  };
  const before = tf.memory().numTensors;
  (await CodiModel.load(filesFromBytes("m", { ...files, "model.safetensors": weights }))).dispose();
  expect(tf.memory().numTensors).toBe(before);
  const spoiled = weights.slice();
  spoiled.fill(0xff, spoiled.length - 2);
  await expect(CodiModel.load(filesFromBytes("m", { ...files, "model.safetensors": spoiled }))).rejects.toThrow(
    /holds NaN/,
  );
  expect(tf.memory().numTensors).toBe(before);
});

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bf16ToFloat32, f16ToFloat32 } from "../../../src/model/checkpoint/half.js";
import { openSafetensors } from "../../../src/model/checkpoint/safetensors.js";
import { type ByteSource, filesFromBytes } from "../../../src/model/checkpoint/source.js";
import { writeSafetensors } from "../../../src/model/checkpoint/write-safetensors.js";
import { BadInputError } from "../../../src/model/errors.js";

interface Fixture {
  readonly corpus: Record<string, { bytes: string; reference: boolean }>;
  readonly conversions: { bits: number[]; f16: number[]; bf16: number[] };
  readonly written: { bytes: string; f32: number[]; scalar: number; i32: number[]; f16: number[]; bf16: number[] };
}

const fixture = JSON.parse(readFileSync(new URL("../../fixtures/checkpoint.json", import.meta.url), "utf8")) as Fixture;
const source = (bytes: Uint8Array): Promise<ByteSource> => filesFromBytes("m", { f: bytes }).open("f");
const open = async (bytes: Uint8Array): Promise<Awaited<ReturnType<typeof openSafetensors>>> =>
  openSafetensors(await source(bytes));
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const f32 = (shape: number[], data: number[]): Uint8Array =>
  writeSafetensors([{ name: "w", dtype: "F32", shape, data: Float32Array.from(data) }]);

// The reference accepts these against its own description of the format; we do not.
const STRICTER = new Set(["duplicate key", "leading blank"]);

describe("openSafetensors()", () => {
  test.each(Object.entries(fixture.corpus))(
    "gives the reference's verdict on: %s",
    async (name, { bytes, reference }) => {
      const opened = open(decode(bytes));
      if (reference && !STRICTER.has(name)) expect((await opened).tensors.size).toBeGreaterThanOrEqual(0);
      else await expect(opened).rejects.toThrow(BadInputError);
    },
  );

  test("a file cut at any length is refused in one sentence", async () => {
    const whole = f32([3], [1, 2, 3]);
    for (let length = 0; length < whole.length; length++)
      await expect(open(whole.slice(0, length))).rejects.toThrow(BadInputError);
  });

  test("a claimed header of 101 MB is refused before anything of that size is read", async () => {
    const bytes = decode(fixture.corpus["length 101 MB"]?.bytes ?? "");
    const inner = await source(bytes);
    let largest = 0;
    const watched: ByteSource = {
      ...inner,
      read: (at, length) => {
        largest = Math.max(largest, length);
        return inner.read(at, length);
      },
    };
    await expect(openSafetensors(watched)).rejects.toThrow(/header claims 101000000/);
    expect(largest).toBeLessThan(100);
  });

  test.each([
    ["version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1", "git lfs pull"],
    ["<!DOCTYPE html><html></html>", "HTML page"],
    ["PK\u0003\u0004zipzipzip", "ZIP archive"],
    ["GGUF\u0003\u0000\u0000\u0000rest", "GGUF"],
  ])("says what %j is", async (text, what) => {
    const error = await open(new TextEncoder().encode(text)).then(
      () => null,
      (each: unknown) => each as BadInputError,
    );
    expect(`${error?.message} ${error?.hint}`).toContain(what);
  });

  test.each([
    [0, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
    [2, Number.NEGATIVE_INFINITY],
  ])("names the element %i that is %d", async (place, value) => {
    const data = [1, 2, 3];
    data[place] = value;
    const file = await open(f32([3], data));
    await expect(file.readFloat32("w")).rejects.toThrow(`element ${place}`);
  });

  test("a type that holds no weights is named", async () => {
    const file = await open(writeSafetensors([{ name: "w", dtype: "I32", shape: [1], data: Int32Array.of(1) }]));
    await expect(file.readFloat32("w")).rejects.toThrow(/"w" is I32, wanted F32, F16 or BF16/);
  });

  test("bytes changed at random never give another kind of error, and an accepted file tiles its data", async () => {
    const whole = f32([2, 2], [1, 2, 3, 4]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const bytes = whole.slice();
          for (const [at, value] of changes) bytes[at] = value;
          const file = await open(bytes).catch((error: unknown) => {
            expect(error).toBeInstanceOf(BadInputError);
            return null;
          });
          const data =
            file === null ? 0 : [...file.tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
          expect(file === null || data === 16 || data === 0).toBe(true);
        },
      ),
      { numRuns: 400, seed: 5 },
    );
  });
});

describe("16-bit floats", () => {
  test("widen to the values PyTorch gives, subnormals included", () => {
    const words = Uint16Array.from(fixture.conversions.bits);
    expect([...f16ToFloat32(words)]).toEqual(fixture.conversions.f16);
    expect([...bf16ToFloat32(words)]).toEqual(fixture.conversions.bf16);
  });
});

describe("writeSafetensors()", () => {
  test("gives the reference library's bytes for the same tensors", () => {
    const { written } = fixture;
    const ours = writeSafetensors(
      [
        { name: "a", dtype: "I32", shape: [4], data: Int32Array.from(written.i32) },
        { name: "b.bf", dtype: "BF16", shape: [5], data: Uint16Array.from(written.bf16) },
        { name: "z.weight", dtype: "F32", shape: [2, 3], data: Float32Array.from(written.f32) },
        { name: "m.half", dtype: "F16", shape: [3], data: Uint16Array.from(written.f16) },
        { name: "scalar", dtype: "F32", shape: [], data: Float32Array.of(written.scalar) },
      ],
      { format: "pt" },
    );
    expect(Buffer.from(ours).toString("base64")).toBe(written.bytes);
  });
});

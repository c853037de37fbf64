// @needs nothing

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { openSafetensors } from "../../../src/model/checkpoint/safetensors.js";
import { type ByteSource, filesFromBytes } from "../../../src/model/checkpoint/source.js";
import { writeSafetensors } from "../../../src/model/checkpoint/write-safetensors.js";
import { bf16ToFloat32, f16ToFloat32 } from "../../../src/model/tensor/floats.js";

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

  test("a type that holds no weights is named", async () => {
    const file = await open(writeSafetensors([{ name: "w", dtype: "I32", shape: [1], data: Int32Array.of(1) }]));
    await expect(file.read("w")).rejects.toThrow(/"w" is I32, wanted F32, F16 or BF16/);
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

describe("a header that the reference refuses or accepts where a simple reader errs", () => {
  const entry = (begin: string): string => `{"dtype":"F32","shape":[1],"data_offsets":[${begin},4]}`;
  const file = (header: string, padded = Math.ceil(header.length / 8) * 8): Uint8Array => {
    const bytes = new Uint8Array(8 + padded + 4).fill(0x20, 8, 8 + padded);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
    bytes.set(new TextEncoder().encode(header), 8);
    return bytes;
  };

  test("-0 is no offset", async () => {
    await expect(open(file(`{"a":${entry("-0")}}`))).rejects.toThrow(/holds the number -0/);
  });

  test("half of a surrogate pair is no name", async () => {
    await expect(open(file(`{"\\ud800":${entry("0")}}`))).rejects.toThrow(BadInputError);
    expect([...(await open(file(`{"\\ud83d\\ude00":${entry("0")}}`))).tensors.keys()]).toEqual(["😀"]);
  });

  test("a header of 19,280 bytes, whose length begins with the letters PK, is not taken for a ZIP", async () => {
    expect((await open(file(`{"a":${entry("0")}}`, 19280))).tensors.size).toBe(1);
  });

  test("a name that spells the mark of a tar archive where tar has it is a name", async () => {
    const name = `xx${"ustar".repeat(90)}`;
    expect((await open(file(`{"${name}":${entry("0")}}`))).tensors.has(name)).toBe(true);
  });

  test("a shape whose product leaves 64 bits is refused, also where a 0 follows; a 0 before it is a 0", async () => {
    const empty = (shape: string): string =>
      `{"a":${entry("0")},"e":{"dtype":"U8","shape":[${shape}],"data_offsets":[4,4]}}`;
    await expect(open(file(empty("4294967296,4294967296,0")))).rejects.toThrow(/"e" has a shape \[.*beyond 64 bits/);
    expect((await open(file(empty("0,4294967296,4294967296")))).tensors.size).toBe(2);
  });

  test("a shape of thousands of sizes, and one that holds text, give one short line", async () => {
    const odd = (shape: string): string => `{"a":{"dtype":"F32","shape":[${shape}],"data_offsets":[0,4]}}`;
    for (const shape of [Array(3000).fill(2).join(","), '"\\u0000\\n"', `${JSON.stringify(Array(99))}`]) {
      const error = (await open(file(odd(shape))).catch((each: unknown) => each)) as BadInputError;
      expect(error.message).toMatch(/^[ -~…]{1,300}$/);
    }
  });

  test("a name of 20 MB is read like any other", async () => {
    const name = "x".repeat(20_000_000);
    expect((await open(file(`{"${name}":${entry("0")}}`))).tensors.has(name)).toBe(true);
  });

  test("a name cannot speak to the terminal or fill it", async () => {
    const error = await open(file(`{"\\u001b[2J\\n\\u009b\\u202e${"y".repeat(5000)}":{}}`)).catch(
      (each: unknown) => each,
    );
    const { message } = error as BadInputError;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(message.length).toBeLessThan(300);
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

  test("orders names by their UTF-8 bytes as the reference does, and gives no tensor the name of the metadata", () => {
    const one = (name: string): Parameters<typeof writeSafetensors>[0][number] => ({
      name,
      dtype: "F32",
      shape: [1],
      data: Float32Array.of(1),
    });
    // Python: save({"\U0001f600": …, "\ue000": …}) writes U+E000 first.
    const header = new TextDecoder().decode(writeSafetensors([one("\u{1f600}"), one("\ue000")]));
    expect(header.indexOf("\ue000")).toBeLessThan(header.indexOf("\u{1f600}"));
    expect(() => writeSafetensors([one("__metadata__")])).toThrow(/__metadata__/);
  });
});

/** PyTorch's .bin: what it writes is read as it reads it; damaged and hostile archives and pickles are refused by name. */
// @needs nothing

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { readStateDict } from "../../../src/model/checkpoint/pickle.js";
import { filesFromBytes } from "../../../src/model/checkpoint/source.js";
import type { TensorStore } from "../../../src/model/checkpoint/store.js";
import { openTorchBin } from "../../../src/model/checkpoint/torch-bin.js";
import { readZip } from "../../../src/model/checkpoint/zip.js";
import { widened } from "../../../src/model/tensor/floats.js";
import { type Entry, zipOf } from "../../support/zip.js";

const MUTANTS = Number(process.env["CODILENS_MUTANTS"] ?? 4000);

interface Fixture {
  readonly values: Record<string, { shape: number[]; data: number[] }>;
  readonly files: Record<string, string>;
  readonly refused: Record<string, string>;
}

const fixture = JSON.parse(readFileSync(new URL("../../fixtures/torch-bin.json", import.meta.url), "utf8")) as Fixture;
const bytesOf = (base64: string | undefined): Uint8Array => new Uint8Array(Buffer.from(base64 ?? "", "base64"));
const open = async (bytes: Uint8Array): Promise<TensorStore> =>
  openTorchBin(await filesFromBytes("m", { "f.bin": bytes }).open("f.bin"));
const refusal = async (bytes: Uint8Array): Promise<string> =>
  open(bytes).then(
    () => "accepted",
    (error: unknown) => {
      expect(error).toBeInstanceOf(BadInputError);
      const { message, hint } = error as BadInputError;
      expect(message).not.toContain("\n");
      return `${message} → ${hint}`;
    },
  );

describe("a state dict that PyTorch wrote", () => {
  test.each(["state dict", "ordered with metadata and a buffer", "protocol 4", "protocol 5", "parameters"])(
    "%s: every tensor has PyTorch's values, strided, shared and 16-bit ones too",
    async (name) => {
      const store = await open(bytesOf(fixture.files[name]));
      for (const [key, { shape, data }] of Object.entries(fixture.values)) {
        expect([key, store.tensors.get(key)?.shape]).toEqual([key, shape]);
        expect([key, [...widened(await store.read(key))]]).toEqual([key, data]);
      }
    },
  );

  test("a module's own state dict is read, and a buffer of whole numbers is named when it is asked for", async () => {
    expect([...(await open(bytesOf(fixture.files["module"]))).tensors.keys()]).toEqual(["weight", "bias"]);
    const store = await open(bytesOf(fixture.files["ordered with metadata and a buffer"]));
    await expect(store.read("rotary_emb.inv_freq")).rejects.toThrow(/is I64, wanted F32, F16 or BF16/);
  });

  test.each([
    ["legacy", /format before 1\.6.*torch\.save\(torch\.load/],
    ["a whole module", /asks for "torch\.nn\.modules\.linear\.Linear"/],
    ["a list", /holds no state dict/],
    ["a number inside", /"step" of the state dict is not a tensor/],
    ["nested", /"state_dict" of the state dict is not a tensor/],
    ["sparse", /asks for "torch/],
    ["TorchScript", /TorchScript program/],
    ["deflated", /compressed \(method 8\), wanted stored/],
  ])("%s is refused by name", async (name, message) => {
    expect(await refusal(bytesOf(fixture.refused[name]))).toMatch(message);
  });

  test("one changed byte of a weight is noticed when it is read, also in a shared storage", async () => {
    const bytes = bytesOf(fixture.files["state dict"]);
    const entries = await readZip(await filesFromBytes("m", { f: bytes }).open("f"));
    for (const [name, { begin, size }] of entries) {
      if (!/data\/\d+$/.test(name) || size === 0) continue;
      const spoiled = bytes.slice();
      spoiled[begin + size - 1] = (spoiled[begin + size - 1] ?? 0) ^ 1;
      const store = await open(spoiled);
      const reads = await Promise.allSettled([...store.tensors.keys()].map((key) => store.read(key)));
      expect(reads.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
      for (const read of reads)
        if (read.status === "rejected") expect(String(read.reason)).toMatch(/does not have the checksum/);
    }
  });

  test("rows read one part after the other: the values, no byte twice, and a changed byte anywhere is noticed by the last part", async () => {
    const bytes = bytesOf(fixture.files["state dict"]);
    const entries = await readZip(await filesFromBytes("m", { f: bytes }).open("f"));
    const places = [...entries].filter(([name, { size }]) => /data\/\d+$/.test(name) && size > 0);
    const inParts = async (file: Uint8Array): Promise<{ refused: number; read: Record<string, number> }> => {
      const source = await filesFromBytes("m", { f: file }).open("f");
      const asked: [number, number][] = [];
      const store = await openTorchBin({
        ...source,
        read: (offset, length, into) => {
          asked.push([offset, length]);
          return source.read(offset, length, into);
        },
      });
      asked.length = 0;
      let refused = 0;
      for (const [key, { data }] of Object.entries(fixture.values))
        try {
          const found: number[] = [];
          for (let from = 0; from < data.length; from += 2) {
            const count = Math.min(2, data.length - from);
            found.push(...widened(await store.read(key, undefined, { from, count })));
          }
          if (file === bytes) expect([key, found]).toEqual([key, data]);
        } catch (error) {
          expect(String(error)).toMatch(/does not have the checksum/);
          refused += 1;
        }
      const read = places.map(([name, { begin, size }]): [string, number] => [
        name,
        asked.reduce((sum, [at, n]) => sum + (at >= begin && at + n <= begin + size ? n : 0), 0) / size,
      ]);
      return { refused, read: Object.fromEntries(read) };
    };
    const clean = await inParts(bytes);
    expect(clean.refused).toBe(0);
    // A storage of several tensors needs its checksum before the first of them, an expanded tensor is read whole for each part.
    expect(Object.keys(clean.read).filter((name) => clean.read[name] !== 1)).toEqual([
      "archive/data/0",
      "archive/data/5",
    ]);
    for (const [name, { begin, size }] of places)
      for (const at of [0, size >> 1, size - 1]) {
        const spoiled = bytes.slice();
        spoiled[begin + at] = (spoiled[begin + at] ?? 0) ^ 1;
        expect([name, at, (await inParts(spoiled)).refused > 0]).toEqual([name, at, true]);
      }
  });

  test("bytes changed at random end in one sentence or in tensors that fit the file, never in another error", async () => {
    const whole = Object.values(fixture.files).map(bytesOf);
    // Mutants of the pickle and of the directory reach deeper than those of the weights.
    const place = fc.oneof(fc.nat(1200), fc.nat(100_000));
    const change = fc.tuple(place, fc.boolean(), fc.nat(255));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        async (which, changes) => {
          const bytes = (whole[which] ?? new Uint8Array()).slice();
          for (const [at, fromEnd, value] of changes)
            bytes[fromEnd ? bytes.length - 1 - (at % bytes.length) : at % bytes.length] = value;
          try {
            const store = await open(bytes);
            for (const name of store.tensors.keys())
              await store.read(name).catch((error: unknown) => expect(error).toBeInstanceOf(BadInputError));
          } catch (error) {
            expect(error).toBeInstanceOf(BadInputError);
            expect((error as Error).message).not.toContain("\n");
            refused += 1;
          }
        },
      ),
      { numRuns: MUTANTS, seed: 11 },
    );
    expect(refused).toBeGreaterThan(MUTANTS / 10);
  });

  test("cut at any length it is refused", async () => {
    const bytes = bytesOf(fixture.files["module"]);
    for (let length = 0; length < bytes.length; length += length < 400 ? 1 : 37)
      expect(await refusal(bytes.slice(0, length))).not.toBe("accepted");
  });
});

describe("readZip()", () => {
  const data = (text: string): Uint8Array => new TextEncoder().encode(text);
  const read = async (entries: readonly Entry[], options?: Parameters<typeof zipOf>[1]): Promise<string[]> => [
    ...(await readZip(await filesFromBytes("m", { f: zipOf(entries, options) }).open("f"))).keys(),
  ];
  const good: Entry = { name: "a/data/0", data: data("12345678") };

  test("reads plain and ZIP64 archives, with a comment too", async () => {
    expect(await read([good, { name: "a/version", data: data("3") }])).toEqual(["a/data/0", "a/version"]);
    expect(await read([good], { zip64: true })).toEqual(["a/data/0"]);
    expect(await read([good], { comment: "PK\u0005\u0006 not the end" })).toEqual(["a/data/0"]);
  });

  test.each<[string, Entry[], RegExp]>([
    ["deflated in its own header only", [{ ...good, localMethod: 8 }], /compressed otherwise/],
    ["encrypted", [{ ...good, flags: 1 }], /encrypted/],
    ["two of one name", [good, good], /stands twice/],
    ["a way out", [{ ...good, name: "../../etc/passwd" }], /has an entry with the name/],
    ["an absolute name", [{ ...good, name: "/etc/passwd" }], /has an entry with the name/],
    ["a Windows name", [{ ...good, name: "a\\data" }], /has an entry with the name/],
    ["a drive", [{ ...good, name: "C:data" }], /has an entry with the name/],
    ["a NUL in the name", [{ ...good, name: "a\0b" }], /has an entry with the name/],
    ["no name", [{ ...good, name: "" }], /has an entry with the name/],
    ["another name in front of the data", [{ ...good, localName: "b/data/0" }], /does not begin where/],
    ["two sizes that differ", [{ ...good, packedSize: 4 }], /two sizes differ/],
    ["a size beyond the archive", [{ ...good, size: 4000, packedSize: 4000 }], /reaches beyond the archive/],
    [
      "two entries in one place",
      [good, { ...good, name: "a/data/1", localName: "a/data/0", at: 0 }],
      /does not begin where|overlap/,
    ],
    ["a place beyond the archive", [{ ...good, at: 99_999 }], /lies outside the archive/],
    ["an extra field that is cut", [{ ...good, extra: Uint8Array.of(1, 0, 24, 0) }], /damaged extra field/],
  ])("refuses %s", async (_, entries, message) => {
    await expect(read(entries)).rejects.toThrow(message);
  });

  test("refuses bytes after the end record and a wrong count", async () => {
    const bytes = zipOf([good]);
    const files = (f: Uint8Array) => filesFromBytes("m", { f }).open("f");
    await expect(readZip(await files(Uint8Array.of(...bytes, 0)))).rejects.toThrow(/no end record/);
    const more = bytes.slice();
    more[bytes.length - 12] = 2;
    more[bytes.length - 14] = 2;
    await expect(readZip(await files(more))).rejects.toThrow(/directory is damaged at entry 1/);
  });
});

describe("readStateDict()", () => {
  const text = (value: string): number[] => [0x58, value.length, 0, 0, 0, ...new TextEncoder().encode(value)];
  const line = (...names: string[]): number[] => [
    0x63,
    ...new TextEncoder().encode(names.map((each) => `${each}\n`).join("")),
  ];
  const run = (...parts: (number | number[])[]): string => {
    try {
      readStateDict(Uint8Array.from([0x80, 2, ...parts.flat()]), "f.bin");
      return "accepted";
    } catch (error) {
      expect(error).toBeInstanceOf(BadInputError);
      return (error as Error).message;
    }
  };
  const mark = 0x28;
  const stop = 0x2e;

  test("an empty dict is a state dict of nothing", () => {
    expect(run(0x7d, stop)).toBe("accepted");
  });

  test.each<[string, (number | number[])[], RegExp]>([
    ["os.system", [line("os", "system"), text("touch x"), 0x85, 0x52, stop], /asks for "os\.system" at byte 2/],
    ["posix.system", [line("posix", "system"), stop], /"posix\.system"/],
    ["builtins.eval", [line("builtins", "eval"), stop], /"builtins\.eval"/],
    ["getattr by STACK_GLOBAL", [text("builtins"), text("getattr"), 0x93, stop], /"builtins\.getattr"/],
    ["torch's own loader", [line("torch", "load"), stop], /"torch\.load"/],
    [
      "a name with a dot that reaches further",
      [line("collections", "OrderedDict.__class__"), stop],
      /OrderedDict\.__class__/,
    ],
    ["a storage of Object's own names", [line("torch", "constructor"), stop], /"torch\.constructor"/],
    ["a call of a storage type", [line("torch", "FloatStorage"), 0x29, 0x52, stop], /a call of torch\.FloatStorage/],
    [
      "OrderedDict with arguments",
      [line("collections", "OrderedDict"), text("a"), 0x85, 0x52, stop],
      /OrderedDict with arguments/,
    ],
    ["a call of a text", [text("a"), 0x29, 0x52, stop], /a call of something that is no name/],
    ["INST", [0x69, stop], /opcode 0x69/],
    ["OBJ", [mark, 0x6f, stop], /opcode 0x6f/],
    ["NEWOBJ", [0x81, stop], /opcode 0x81/],
    ["EXT1", [0x82, 1, stop], /opcode 0x82/],
    ["PERSID", [0x50, 0x61, 0x0a, stop], /opcode 0x50/],
    ["BUFFER", [0x97, stop], /opcode 0x97/],
    ["DUP", [0x7d, 0x32, stop], /opcode 0x32/],
    ["protocol 0", [0x80, 0, stop], /protocol 0/],
    ["protocol 9", [0x80, 9, stop], /protocol 9/],
    ["a huge text", [0x58, 255, 255, 255, 255, stop], /a text of 4294967295 bytes/],
    ["a text longer than the file", [0x8c, 200, 0x61, stop], /truncated/],
    ["a huge number", [0x8a, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, stop], /a whole number of 9 bytes/],
    ["an unsafe number", [0x8a, 8, 1, 1, 1, 1, 1, 1, 1, 1, stop], /the whole number 72340172838076673/],
    ["text that is not UTF-8", [0x8c, 1, 0xff, stop], /not UTF-8/],
    ["no STOP", [0x7d], /truncated/],
    ["nothing on the stack", [stop], /nothing left/],
    ["two values at the end", [0x7d, 0x7d, stop], /values left/],
    ["a mark left open", [0x7d, mark, stop], /nothing left|values left/],
    ["bytes after the end", [0x7d, stop, 0], /bytes after its end/],
    ["a memo entry never put", [0x68, 7, stop], /memo entry 7/],
    ["a mark that is not there", [0x74, stop], /no mark/],
    ["a flood of marks", [Array<number>(300).fill(mark), stop], /more than 256 open marks/],
    ["a pop below a mark", [0x7d, mark, 0x85, stop], /nothing left/],
    ["an item in a text", [text("a"), text("b"), text("c"), 0x73, stop], /no dict/],
    ["a key that is a number", [0x7d, 0x4b, 1, 0x4e, 0x73, stop], /a key that is no text/],
    ["a key twice", [0x7d, text("a"), 0x4e, 0x73, text("a"), 0x4e, 0x73, stop], /the key "a" twice/],
    ["attributes of a list", [0x5d, 0x7d, 0x62, stop], /a BUILD of an object/],
    [
      "other attributes",
      [line("collections", "OrderedDict"), 0x29, 0x52, 0x7d, text("__class__"), 0x4e, 0x73, 0x62, stop],
      /other attributes than _metadata/,
    ],
    ["attributes of a plain dict", [0x7d, 0x7d, 0x62, stop], /a BUILD of an object/],
    ["an item of a dict below a mark", [0x7d, text("a"), 0x4e, mark, 0x73, stop], /nothing left/],
    ["a put of a value below a mark", [0x7d, mark, 0x71, 0, stop], /nothing to remember/],
    [
      "an operation across the end of a frame",
      [0x95, 2, 0, 0, 0, 0, 0, 0, 0, 0x7d, 0x4d, 1, 1, stop],
      /across the end of a frame/,
    ],
    [
      "a frame in a frame",
      [0x95, 12, 0, 0, 0, 0, 0, 0, 0, 0x7d, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x4e, stop],
      /a frame inside a frame/,
    ],
    ["a persistent id that is no storage", [text("x"), 0x51, stop], /no storage/],
    [
      "__proto__ as a key",
      [0x7d, text("__proto__"), 0x4e, 0x73, stop],
      /"__proto__" of the state dict is not a tensor/,
    ],
  ])("refuses %s", (_, parts, message) => {
    expect(run(...parts)).toMatch(message);
  });

  const storage = (key: string, length: number[]): number[] => [
    mark,
    ...text("storage"),
    ...line("torch", "FloatStorage"),
    ...text(key),
    ...text("cpu"),
    ...length,
    0x74,
    0x51,
  ];
  const hooks = [...line("collections", "OrderedDict"), 0x29, 0x52];
  const tensor = (
    offset: number[],
    size: number[],
    stride: number[],
    from = storage("0", [0x4b, 8]),
    rest = [0x89, ...hooks],
  ): number[] => [
    0x7d,
    ...text("w"),
    ...line("torch._utils", "_rebuild_tensor_v2"),
    mark,
    ...from,
    ...offset,
    ...size,
    0x85,
    ...stride,
    0x85,
    ...rest,
    0x74,
    0x52,
    0x73,
    stop,
  ];
  const byte = (n: number): number[] => [0x4b, n];
  const int = (n: number): number[] => [0x4a, n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];

  test("takes a tensor that fits its storage exactly and refuses the next larger one", () => {
    expect(run(tensor(byte(2), byte(6), byte(1)))).toBe("accepted");
    expect(run(tensor(byte(2), byte(7), byte(1)))).toMatch(/reaches element 8 of a storage of 8/);
    expect(run(tensor(byte(0), byte(3), byte(4)))).toMatch(/reaches element 8/);
    expect(run(tensor(byte(0), int(2 ** 31 - 1), int(2 ** 31 - 1)))).toMatch(/reaches element 4611686011984936962/);
    expect(run(tensor(int(-1), byte(1), byte(1)))).toMatch(/unusable offset/);
    expect(run(tensor(byte(0), int(-1), byte(1)))).toMatch(/not whole numbers/);
    expect(run(tensor(byte(0), byte(1), byte(1), storage("../0", byte(8))))).toMatch(/storage with the key "\.\.\/0"/);
    const one = [0x47, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
    expect(run(tensor(byte(0), byte(1), one))).toMatch(/not whole numbers/);
  });

  test("metadata that turns the sign of every value, gradients of numbers and hooks are refused", () => {
    const withRest = (rest: number[]): string => run(tensor(byte(0), byte(8), byte(1), storage("0", byte(8)), rest));
    expect(withRest([0x88, ...hooks])).toBe("accepted");
    expect(withRest([0x89, ...hooks, 0x4e])).toBe("accepted");
    expect(withRest([0x89, ...hooks, 0x7d, ...text("neg"), 0x88, 0x73])).toMatch(/a tensor with metadata/);
    expect(withRest([0x4b, 1, ...hooks])).toMatch(/requires_grad/);
    expect(withRest([0x89, 0x7d, ...text("a"), 0x4e, 0x73])).toMatch(/a tensor with hooks/);
  });

  test("a storage that stands there as two types is refused: PyTorch reads the second as the first", () => {
    const view = (type: string): number[] => [
      ...line("torch._utils", "_rebuild_tensor_v2"),
      mark,
      ...storage("0", byte(8)),
      ...byte(0),
      ...byte(8),
      0x85,
      ...byte(1),
      0x85,
      0x89,
      ...hooks,
      0x74,
      0x52,
      ...text(type),
    ];
    const half = view("a");
    const other = new TextDecoder("latin1").decode(Uint8Array.from(half)).replace("FloatStorage", "IntStorage");
    const second = [...other].map((each) => each.charCodeAt(0)).slice(0, -6);
    expect(run([0x7d, ...text("x"), ...half.slice(0, -6), 0x73, ...text("y"), ...second, 0x73, stop])).toMatch(
      /the storage 0 as 8 elements of F32 and as 8 of I32/,
    );
  });
});

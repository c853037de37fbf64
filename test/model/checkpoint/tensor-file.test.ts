/** Files of tensors that NumPy and safetensors wrote, read by position: the same numbers, and what is odd is refused. */
// @needs engine

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { filesFromBlobs, openTensorFile } from "../../../src/browser.js";
import { writeNpz } from "../../../src/model/checkpoint/write-npz.js";

const FOLDER = "test/fixtures/tensor-file";
const expected = JSON.parse(readFileSync(`${FOLDER}/expected.json`, "utf8")) as {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>;
};

const bytesOf = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(`${FOLDER}/${name}`));
const openBytes = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
  openTensorFile(filesFromBlobs("dropped", { [name]: new Blob([bytes]) }), name);
const open = (name: string) => openBytes(name, bytesOf(name));

describe.each(["plain.npz", "plain.safetensors"])("%s", (name) => {
  test("has the texts, shapes and numbers that Python wrote", async () => {
    const file = await open(name);
    expect(file.metadata).toEqual(expected.metadata);
    expect([...file.tensors.keys()].sort()).toEqual([...Object.keys(expected.tensors), "tokens.prompt"].sort());
    for (const [tensor, { shape, values }] of Object.entries(expected.tensors)) {
      expect(file.tensors.get(tensor)?.shape).toEqual(shape);
      expect([...(await file.read(tensor))]).toEqual(values);
    }
  });

  test("cut anywhere, it is refused", async () => {
    const bytes = bytesOf(name);
    for (let kept = 0; kept < bytes.length; kept += 37)
      await expect(openBytes(name, bytes.slice(0, kept))).rejects.toThrow(/truncated|archive|safetensors|header/);
  });

  test("whole numbers and unknown names are refused", async () => {
    const file = await open(name);
    await expect(file.read("tokens.prompt")).rejects.toThrow(/is I32, wanted F32/);
    await expect(file.read("none")).rejects.toThrow(/has no tensor "none"/);
  });
});

test.each([
  ["packed.npz", /is packed, wanted one that is stored/],
  ["double.npz", /values are "<f8"/],
  ["pickled.npz", /not one that NumPy writes for plain numbers|values are/],
  ["turned.npz", /not one that NumPy writes for plain numbers/],
])("%s is refused in one sentence", async (name, sentence) => {
  await expect(open(name)).rejects.toThrow(sentence);
});

test("a header that claims other sizes than there are is refused", async () => {
  const bytes = writeNpz([{ name: "a", dtype: "F32", shape: [2, 3], data: new Float32Array(6) }], {});
  const at = new TextDecoder("latin1").decode(bytes).indexOf("(2, 3)");
  bytes[at + 1] = "9".charCodeAt(0);
  await expect(openBytes("a.npz", bytes as Uint8Array<ArrayBuffer>)).rejects.toThrow(/its shape wants 108/);
});

test("what the package writes is read back", async () => {
  const data = Float32Array.of(1, -2, 0.5);
  const bytes = writeNpz([{ name: "x", dtype: "F32", shape: [3], data }], { question: "é 🍎" });
  const file = await openBytes("x.npz", bytes as Uint8Array<ArrayBuffer>);
  expect(file.metadata).toEqual({ question: "é 🍎" });
  expect(await file.read("x")).toEqual(data);
});

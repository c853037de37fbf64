/** The way from a GGUF file to a folder of transformers, which `npm run parity -- --smollm2` goes: a small file that llama.cpp's package wrote. */
// @needs engine

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import { widened } from "../../src/model/tensor/floats.js";
import { readGguf } from "../support/gguf.js";
import { writeLlama } from "../support/gguf-llama.js";
import { openFixture, readJson } from "../support/parity.js";
import { plainTokenizer } from "../support/plain-model.js";

const home = mkdtempSync(join(tmpdir(), "codilens-gguf-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const bytes = readFileSync(new URL("../fixtures/gguf/tiny.gguf", import.meta.url));
const expected = readJson<{ config: object; tokens: string[]; special: string[] }>("gguf/tiny");

test("every tensor has the values that llama.cpp's package gives, under transformers' names", async () => {
  writeLlama(readGguf(bytes), home);
  const written = readFileSync(join(home, "model.safetensors"));
  const ours = await openSafetensors(await filesFromBytes("ours", { f: written }).open("f"));
  const wanted = await openFixture("gguf/tiny");
  expect([...ours.tensors.keys()].sort()).toEqual([...wanted.tensors.keys()].sort());
  expect([...wanted.tensors.keys()].length).toBe(20);
  for (const name of wanted.tensors.keys())
    expect({ name, values: widened(await ours.read(name)) }).toEqual({
      name,
      values: widened(await wanted.read(name)),
    });
});

test("configuration and tokenizer are the file's", async () => {
  writeLlama(readGguf(bytes), home);
  expect(JSON.parse(readFileSync(join(home, "config.json"), "utf8"))).toMatchObject(expected.config);
  const checkpoint = await openCheckpoint(openFolder(home));
  const tokenizer = plainTokenizer(checkpoint);
  await checkpoint.close();
  expect(tokenizer.encode("a a<|im_start|>10")).toEqual([2, 7, 1, 6, 5]);
  expect(expected.tokens.map((_, id) => tokenizer.tokenText(id)).slice(0, 8)).toEqual([
    "<|endoftext|>",
    "<|im_start|>",
    "a",
    "b",
    " ",
    "0",
    "1",
    " a",
  ]);
});

test("another format, version, architecture and tokenizer are refused", () => {
  const at = (place: number, value: number): Uint8Array => {
    const other = Uint8Array.from(bytes);
    other[place] = value;
    return other;
  };
  expect(() => readGguf(at(0, 0))).toThrow("another format");
  expect(() => readGguf(at(4, 2))).toThrow("version 2, wanted 3");
  const { fields, tensors } = readGguf(bytes);
  const write = (name: string, value: string): void =>
    writeLlama({ fields: new Map([...fields, [name, value]]), tensors }, home);
  expect(() => write("general.architecture", "gemma")).toThrow("another architecture");
  expect(() => write("tokenizer.ggml.pre", "qwen2")).toThrow("another tokenizer");
});

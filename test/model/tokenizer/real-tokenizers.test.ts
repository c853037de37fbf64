/** Real tokenizers, cut to a few thousand tokens: ids and texts of nasty strings are those of Python's tokenizers. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Tokenizer } from "../../../src/model/tokenizer/tokenizer.js";

interface Expected {
  readonly texts: readonly string[];
  /** Ids; tokens that the template adds; decoded, 0 for the text itself; without special tokens, 0 for the same. */
  readonly tokenizers: Readonly<Record<string, readonly [number[], number, string | 0, string | 0][]>>;
  /** Ids in any order, with their text, and their text without special tokens. */
  readonly said: Readonly<Record<string, readonly [number[], string, string][]>>;
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url), "utf8"));
const { texts, tokenizers, said } = read("ids") as Expected;

/** BOS by its text; null for a family that puts none in front. */
const BOS: Readonly<Record<string, string | null>> = {
  smollm2: "<|im_start|>",
  gpt2: null,
  qwen2_5: null,
  qwen3: null,
  llama3: "<|begin_of_text|>",
  llama3_1: "<|begin_of_text|>",
  llama2: "<s>",
};

function open(name: string): { tokenizer: Tokenizer; bos: number | null } {
  const json = read(name) as { added_tokens: { id: number; content: string }[] };
  const bos = json.added_tokens.find(({ content }) => content === BOS[name])?.id ?? null;
  return { tokenizer: Tokenizer.create(json, undefined, { vocabRows: 9999, bosTokenId: bos }), bos };
}

test("all seven are there, with many strings", () => {
  expect(Object.keys(tokenizers).sort()).toEqual(Object.keys(BOS).sort());
  expect(texts.length).toBeGreaterThan(200);
});

describe.each(Object.entries(tokenizers))("%s", (name, rows) => {
  const { tokenizer, bos } = open(name);

  test("makes Python's ids of each string", () => {
    const found = texts.map((text) => ({ text, ids: tokenizer.encode(text) }));
    expect(found).toEqual(texts.map((text, i) => ({ text, ids: rows[i]?.[0] })));
  });

  test("decodes to Python's texts, with and without special tokens", () => {
    for (const [i, [ids, , decoded, plain]] of rows.entries()) {
      const whole = decoded === 0 ? texts[i] : decoded;
      expect([texts[i], tokenizer.decode(ids)]).toEqual([texts[i], whole]);
      expect([texts[i], tokenizer.decode(ids, { skipSpecial: true })]).toEqual([texts[i], plain === 0 ? whole : plain]);
    }
  });

  test("decodes what no text gives, such as broken UTF-8, as Python does", () => {
    expect(said[name]?.length).toBeGreaterThan(50);
    for (const [ids, decoded, plain] of said[name] ?? []) {
      expect([ids, tokenizer.decode(ids)]).toEqual([ids, decoded]);
      expect([ids, tokenizer.decode(ids, { skipSpecial: true })]).toEqual([ids, plain]);
    }
  });

  test("puts BOS in front where the model has one, with or without a template", () => {
    const added = rows[0]?.[1] ?? 0;
    expect(tokenizer.hasBosTemplate).toBe(added === 1);
    for (const text of texts) {
      const ids = tokenizer.encode(text);
      const isThere = bos === null || (added === 0 && ids[0] === bos);
      const wanted = isThere ? ids : [bos, ...ids];
      expect(tokenizer.encodePrompt(text)).toEqual(wanted);
    }
  });
});

test("a template's token stands in front for a family that has no BOS of its own; without a template nothing does", () => {
  const json = read("llama3_1") as { added_tokens: { id: number; content: string }[] };
  const limits = { vocabRows: 9999, bosTokenId: null };
  const bos = json.added_tokens.find(({ content }) => content === "<|begin_of_text|>")?.id;
  const tokenizer = Tokenizer.create(json, undefined, limits);
  expect(tokenizer.encodePrompt("Tom")).toEqual([bos, ...tokenizer.encode("Tom")]);
  const without = Tokenizer.create({ ...json, post_processor: null }, undefined, limits);
  expect(without.encodePrompt("Tom")).toEqual(without.encode("Tom"));
  const elsewhere = JSON.parse(JSON.stringify(json).replaceAll(`"ids":[${bos}]`, '"ids":[9000]')) as unknown;
  expect(() => Tokenizer.create(elsewhere, undefined, limits)).toThrow(/begins with id 9000, which is no token of it/);
});

// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Tokenizer } from "../../../src/model/tokenizer/tokenizer.js";

const { tokens } = JSON.parse(readFileSync(new URL("../../fixtures/checkpoint.json", import.meta.url), "utf8")) as {
  tokens: { text: string; ids: number[]; decoded: string }[];
};
const json = JSON.parse(readFileSync("weights/tiny-codi/tokenizer.json", "utf8")) as { post_processor?: unknown };
const limits = { vocabRows: 528, bosTokenId: 0 };
const tokenizer = Tokenizer.create(json, undefined, limits);

describe("Tokenizer", () => {
  test("encodes and decodes nasty strings as Python's tokenizers does", () => {
    expect(tokens.length).toBeGreaterThan(200);
    for (const { text, ids, decoded } of tokens) {
      expect({ text, ids: tokenizer.encode(text) }).toEqual({ text, ids });
      expect({ text, decoded: tokenizer.decode(ids) }).toEqual({ text, decoded });
    }
  });

  test("puts the template's BOS in front, whatever the text begins with, as Python's tokenizers does", () => {
    const { rows } = JSON.parse(readFileSync("test/fixtures/special_text.json", "utf8")) as {
      rows: { text: string; template: number[]; plain: number[] }[];
    };
    const without = Tokenizer.create({ ...json, post_processor: null }, undefined, limits);
    for (const { text, template, plain } of rows) {
      expect([text, tokenizer.encodePrompt(text)]).toEqual([text, template]);
      // Without a template BOS is assumed, and one that the text brings is it.
      expect([text, without.encodePrompt(text)]).toEqual([text, plain[0] === 0 ? plain : [0, ...plain]]);
    }
  });

  test("refuses a BOS id that is another one in the tokenizer: by its template, or as an ordinary token", () => {
    const swapped = { vocabRows: 528, bosTokenId: 1 };
    expect(() => Tokenizer.create(json, undefined, swapped)).toThrow(/BOS is id 1, the tokenizer's template .* id 0/);
    const plain = { ...json, post_processor: null };
    expect(() => Tokenizer.create(plain, undefined, { ...swapped, bosTokenId: 100 })).toThrow(/an ordinary token/);
    // LLaMA 3 wraps its template in a list of steps.
    const list = { ...json, post_processor: { type: "Sequence", processors: [json.post_processor] } };
    expect(() => Tokenizer.create(list, undefined, swapped)).toThrow(/BOS is id 1/);
  });

  test("refuses a tokenizer with more ids than the model has embeddings, a BOS it does not know, and ids outside", () => {
    expect(() => Tokenizer.create(json, undefined, { vocabRows: 300, bosTokenId: 0 })).toThrow(
      /embeddings for ids 0 to 299/,
    );
    expect(() => Tokenizer.create(json, undefined, { vocabRows: 9999, bosTokenId: 9000 })).toThrow(/BOS id 9000/);
    expect(() => tokenizer.decode([528])).toThrow(/outside the vocabulary/);
    expect(tokenizer.decode([])).toBe("");
  });
});

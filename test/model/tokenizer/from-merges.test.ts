/** Tokenizers that were saved as `vocab.json` and `merges.txt` alone: ids are those of transformers. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { tokenizerFromMerges } from "../../../src/model/tokenizer/from-merges.js";
import { withOlderFiles } from "../../../src/model/tokenizer/older-files.js";
import { Tokenizer } from "../../../src/model/tokenizer/tokenizer.js";

interface Case {
  readonly title: string;
  readonly tokenizer: string;
  readonly beside: Readonly<Record<string, unknown>>;
  /** Ids of "Tom has" with what transformers puts around a text. */
  readonly prompt: readonly number[];
  readonly ids: readonly (readonly number[])[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url), "utf8"));
const { texts, cases } = read("vocab-merges") as { readonly texts: readonly string[]; readonly cases: readonly Case[] };

/** The two files as trainers leave them. */
function filesOf(name: string): { vocab: Record<string, number>; merges: string } {
  const { model } = read(name) as { model: { vocab: Record<string, number>; merges: (string | string[])[] } };
  const lines = model.merges.map((pair) => (typeof pair === "string" ? pair : pair.join(" ")));
  return { vocab: model.vocab, merges: ["#version: 0.2", ...lines, ""].join("\n") };
}

function tokenizerOf({ tokenizer, beside }: Case, merges?: string): Tokenizer {
  const files = filesOf(tokenizer);
  const config = withOlderFiles(beside["tokenizer_config.json"], {
    specialTokensMap: beside["special_tokens_map.json"],
    addedTokens: beside["added_tokens.json"],
  });
  const json = tokenizerFromMerges({
    vocab: files.vocab,
    merges: merges ?? files.merges,
    tokenizerConfig: config,
    modelClass: tokenizer === "gpt2" ? "GPT2Tokenizer" : "Qwen2Tokenizer",
    where: "m",
  });
  return Tokenizer.create(json, config, { vocabRows: 4096, bosTokenId: null });
}

function boundOf(each: Case | undefined): Pick<Tokenizer, "encode" | "decode"> {
  if (each === undefined) throw new RangeError("no such case");
  const tokenizer = tokenizerOf(each);
  return { encode: (text) => tokenizer.encode(text), decode: (ids, options) => tokenizer.decode(ids, options) };
}

describe("vocab.json and merges.txt", () => {
  test.each(cases.map((each) => [each.title, each] as const))("%s: every id is transformers'", (_, each) => {
    const tokenizer = tokenizerOf(each);
    for (const [i, text] of texts.entries()) expect([text, tokenizer.encode(text)]).toEqual([text, each.ids[i]]);
    // Nothing stands in front, whatever bos_token says, unless add_bos_token is true.
    expect(tokenizer.encodePrompt("Tom has")).toEqual(each.prompt);
  });

  test("one of the cases has BOS in front, and what would stand behind a text is refused", () => {
    const bound = tokenizerOf(cases.find(({ title }) => title === "gpt2 with BOS in front") as Case);
    expect(bound.encodePrompt("Tom has")).toHaveLength(bound.encode("Tom has").length + 1);
    const settings = { tokenizer_class: "GPT2Tokenizer", add_eos_token: true };
    expect(() => tokenizerOf({ ...(cases[0] as Case), beside: { "tokenizer_config.json": settings } })).toThrow(
      /m\/tokenizer_config\.json: add_eos_token is true/,
    );
  });

  test("names that transformers gives a meaning are special, and Coconut's added tokens are ordinary: their names stay in a text", () => {
    const { decode, encode } = boundOf(cases.find(({ title }) => title === "Coconut's tokens"));
    const ids = encode("a<|endoftext|>b<|start-latent|>c");
    expect(decode(ids, { skipSpecial: true })).toBe("ab<|start-latent|>c");
    const pad = boundOf(cases.find(({ title }) => title === "CODI's pad"));
    expect(pad.decode(pad.encode("a[PAD]b"), { skipSpecial: true })).toBe("ab");
  });

  test("lines that end as on Windows are the same merges", () => {
    const [first] = cases;
    if (first === undefined) throw new RangeError("no case");
    const { merges } = filesOf(first.tokenizer);
    const tokenizer = tokenizerOf(first, merges.replaceAll("\n", "\r\n"));
    for (const [i, text] of texts.entries()) expect(tokenizer.encode(text)).toEqual(first.ids[i]);
  });

  test("another class and a damaged vocabulary are refused by name", () => {
    const parts = { ...filesOf("gpt2"), tokenizerConfig: undefined, modelClass: "GPT2Tokenizer", where: "m" };
    const refusal = (change: object): BadInputError => {
      try {
        tokenizerFromMerges({ ...parts, ...change });
      } catch (error) {
        if (error instanceof BadInputError) return error;
      }
      throw new Error("accepted");
    };
    const other = refusal({ tokenizerConfig: { tokenizer_class: "RobertaTokenizerFast" } });
    expect(other.message).toMatch(
      /tokenizer_class is "RobertaTokenizer": only those of GPT2Tokenizer and Qwen2Tokenizer/,
    );
    expect(other.hint).toMatch(/--base/);
    expect(refusal({ vocab: ["a"] }).message).toMatch(/^m\/vocab\.json: /);
    expect(refusal({ vocab: { a: 1.5 } }).message).toMatch(/^m\/vocab\.json: a: /);
    // A merge of what is no token is found where the tokenizer is checked.
    expect(() => tokenizerOf(cases[0] as Case, "#version: 0.2\nzz qq\n")).toThrow(/merges: entry 0 needs/);
  });
});

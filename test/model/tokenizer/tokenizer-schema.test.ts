/** What of a tokenizer's files is refused because Python's tokenizers read it otherwise; that the rest agrees is the fuzzer's to show. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { checkTokenizerConfig } from "../../../src/model/tokenizer/tokenizer-config.js";
import { checkTokenizerJson } from "../../../src/model/tokenizer/tokenizer-schema.js";

type Json = Record<string, unknown>;
const read = (): Json & { model: Json; added_tokens: Json[]; post_processor: Json } =>
  JSON.parse(readFileSync("weights/tiny-codi/tokenizer.json", "utf8")) as ReturnType<typeof read>;
const set = (object: Json, key: string, value: unknown): void => {
  object[key] = value;
};
const message = (work: () => unknown): string => {
  try {
    work();
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError);
    return (error as Error).message;
  }
};

describe("checkTokenizerJson()", () => {
  test("takes LLaMA 3's form, and LLaMA 2's", () => {
    expect(message(() => checkTokenizerJson(read()))).toBe("accepted");
    const marks = { String: "▁" };
    const second = {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [
        { id: 0, content: "<unk>", single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
      ],
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: marks, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: "<unk>",
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        vocab: { "<unk>": 0, "▁": 1, a: 2, "▁a": 3 },
        merges: ["▁ a"],
      },
    };
    expect(message(() => checkTokenizerJson(second))).toBe("accepted");
  });

  test.each<[string, (json: ReturnType<typeof read>) => void, RegExp]>([
    ["a text that is cut by nothing", (json) => set(json, "truncation", 3), /truncation/],
    ["a part that is missing", (json) => void delete json["pre_tokenizer"], /pre_tokenizer/],
    ["an unknown part", (json) => set(json, "brand_new", 1), /brand_new/],
    ["lower case", (json) => set(json, "normalizer", { type: "Lowercase" }), /normalizer/],
    ["no decoder", (json) => set(json, "decoder", null), /decoder/],
    ["chance", (json) => set(json.model, "dropout", 0.5), /dropout/],
    ["a token of whole words", (json) => set(json.added_tokens[1] as Json, "single_word", true), /single_word/],
    ["another id of an added token", (json) => set(json.added_tokens[4] as Json, "id", 3), /by the vocabulary/],
    ["an id that is none", (json) => set(json.model["vocab"] as Json, "a", null), /the id null/],
    ["one id of two tokens", (json) => set(json.model["vocab"] as Json, "a", 300), /the id 300/],
    ["a pair without a token", (json) => void (json.model["merges"] as unknown[]).push(["a", "@@"]), /"@@"/],
    ["a token for the unknown that is none", (json) => set(json.model, "unk_token", "<x>"), /"<x>"/],
    [
      "a template that writes the text twice",
      (json) => {
        const steps = (json.post_processor["processors"] as Json[] | undefined) ?? [json.post_processor];
        for (const step of steps)
          (step["single"] as unknown[] | undefined)?.push({ Sequence: { id: "A", type_id: 0 } });
      },
      /post_processor/,
    ],
  ])("refuses %s", (_, change, wanted) => {
    const json = read();
    change(json);
    expect(message(() => checkTokenizerJson(json))).toMatch(wanted);
  });
});

describe("checkTokenizerConfig()", () => {
  const known = checkTokenizerJson(read());
  test.each<[string, unknown, RegExp]>([
    ["none", undefined, /^accepted$/],
    [
      "what transformers writes",
      { bos_token: "<|begin_of_text|>", tokenizer_class: "PreTrainedTokenizerFast" },
      /^acc/,
    ],
    ["a blank put in front", { add_prefix_space: true }, /add_prefix_space/],
    ["a class of another tokenizer", { tokenizer_class: "BertTokenizer" }, /tokenizer_class is "BertTokenizer"/],
    [
      "a class that would add its own token",
      { tokenizer_class: "GPT2Tokenizer" },
      /has "<\|endoftext\|>" for unk_token/,
    ],
    ["a token that would be added", { pad_token: "<pad>" }, /pad_token names "<pad>", which is no token/],
    ["a token that would become special", { additional_special_tokens: ["a"] }, /which is an ordinary token/],
    ["another token of an id", { added_tokens_decoder: { 1: { content: "x" } } }, /says other things of id 1/],
  ])("%s", (_, config, wanted) => {
    expect(message(() => checkTokenizerConfig({ tokenizerConfig: config }, known))).toMatch(wanted);
  });
});

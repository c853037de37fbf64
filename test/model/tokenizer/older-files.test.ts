/** Files that older versions of transformers wrote beside tokenizer_config.json count as transformers counts them. */
// @needs nothing

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { withOlderFiles } from "../../../src/model/tokenizer/older-files.js";
import { checkTokenizerConfig } from "../../../src/model/tokenizer/tokenizer-config.js";
import { checkTokenizerJson } from "../../../src/model/tokenizer/tokenizer-schema.js";

type Json = Record<string, unknown>;
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url), "utf8"));
const { named, beside } = read("settings") as {
  named: Record<string, Json>;
  beside: { what: string; same: Record<string, boolean | null> }[];
};
const json = read("llama3_1") as Json & { added_tokens: (Json & { id: number; content: string })[] };
const known = checkTokenizerJson(json);
const decoder = Object.fromEntries(json.added_tokens.map(({ id, ...token }) => [id, token]));

/** The same files as in test/fixtures/make/tokenizer_settings.py. */
const FILES: Readonly<Record<string, { map?: Json; added?: Json; decoder?: true }>> = {
  "special_tokens_map.json of the same tokens": { map: named["llama3_1"] ?? {} },
  "special_tokens_map.json with a new token": { map: { pad_token: "<pad>" } },
  "special_tokens_map.json with an ordinary token": { map: { pad_token: "Tom" } },
  "special_tokens_map.json with a new token, beside added_tokens_decoder": { map: { pad_token: "<pad>" }, decoder: true }, // biome-ignore format: one line
  "added_tokens.json of the same tokens": {
    added: Object.fromEntries(json.added_tokens.map(({ id, content }) => [content, id])),
  },
  "added_tokens.json with a new token": { added: { "<pad>": 9000 } },
  "added_tokens.json with a new token, beside added_tokens_decoder": { added: { "<pad>": 9000 }, decoder: true },
};

test.each(beside)("$what", ({ what, same }) => {
  const { map, added, decoder: has } = FILES[what] ?? {};
  const config = { ...named["llama3_1"], ...(has ? { added_tokens_decoder: decoder } : {}) };
  let isRead = true;
  try {
    const whole = withOlderFiles(config, { specialTokensMap: map, addedTokens: added });
    expect(checkTokenizerConfig({ tokenizerConfig: whole }, known)).toEqual([]);
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError);
    isRead = false;
  }
  expect(isRead).toBe(Object.values(same).every((each) => each === true));
});

test("a damaged one is refused by its name", () => {
  const map = { specialTokensMap: [], addedTokens: undefined };
  expect(() => withOlderFiles(undefined, map)).toThrow("special_tokens_map.json is not an object of tokens");
  const added = { specialTokensMap: undefined, addedTokens: { "<pad>": "1" } };
  expect(() => withOlderFiles({}, added)).toThrow("added_tokens.json is not an object of ids");
});

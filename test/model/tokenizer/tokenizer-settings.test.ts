/**
 * What is passed over in a tokenizer's files changes no id and no text in transformers; where versions differ there is a notice, and the ids
 * are those of version 4. The verdicts are transformers' own (5.24.0 and 4.57.6).
 */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { BadInputError } from "../../../src/base/errors.js";
import { Tokenizer } from "../../../src/model/tokenizer/tokenizer.js";
import { checkTokenizerConfig } from "../../../src/model/tokenizer/tokenizer-config.js";
import { checkTokenizerJson, type KnownTokenizer } from "../../../src/model/tokenizer/tokenizer-schema.js";

/** By version: the same, other ones, or refused. */
type Same = Readonly<Record<string, boolean | null>>;
interface Settings {
  readonly named: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly classes: readonly { tokenizer: string; name: string; place: string; same: Same }[];
  readonly fields: readonly { tokenizer: string; field: string; value: unknown; same: Same }[];
  readonly files: readonly { change: string; same: Same }[];
  readonly versions: readonly string[];
}
type Json = Record<string, unknown>;
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url), "utf8"));
const { named, classes, fields, files, versions } = read("settings") as Settings;
const [five = "", four = ""] = versions;
const known = new Map<string, KnownTokenizer>(Object.keys(named).map((name) => [name, checkTokenizerJson(read(name))]));

/** Notices, or null for a refusal. */
function verdict(name: string, tokenizerConfig: unknown, modelClass?: string): readonly string[] | null {
  try {
    return checkTokenizerConfig({ tokenizerConfig, modelClass }, known.get(name) as KnownTokenizer);
  } catch (error) {
    expect(error).toBeInstanceOf(BadInputError);
    return null;
  }
}

test("both versions of transformers were asked", () => {
  expect([five, four].map((version) => version[0])).toEqual(["5", "4"]);
});

describe("a class", () => {
  test.each(classes)("$name in $place of $tokenizer", ({ tokenizer, name, place, same }) => {
    const isHere = place === "tokenizer_config.json";
    const config = { ...named[tokenizer], ...(isHere ? { tokenizer_class: name } : {}) };
    const found = verdict(tokenizer, config, isHere ? undefined : name);
    if (found === null) return;
    if (found.length === 0) expect(same[five] ?? same[four]).toBe(true);
    else {
      expect(found.join()).toMatch(
        new RegExp(`^${place}: tokenizer_class is ${name}\\. Ids are made by tokenizer\\.json`),
      );
      expect(same[four]).toBe(true);
    }
  });

  test("of each real tokenizer as it is published is read", () => {
    const published = { smollm2: "GPT2Tokenizer", gpt2: "GPT2Tokenizer", qwen2_5: "Qwen2Tokenizer", llama3_1: "PreTrainedTokenizerFast", llama2: "LlamaTokenizer" }; // biome-ignore format: one line
    const notices = Object.entries(published).map(([name, tokenizer_class]) => [
      name,
      verdict(name, { ...named[name], tokenizer_class })?.length,
    ]);
    expect(notices).toEqual([["smollm2", 1], ["gpt2", 0], ["qwen2_5", 0], ["llama3_1", 0], ["llama2", 1]]); // biome-ignore format: one line
  });
});

describe("a field of tokenizer_config.json", () => {
  // Refused although the tokenizers here show no difference: code of its own, and what works at larger vocabularies or in some versions.
  const strict = ["add_prefix_space", "auto_map", "fix_mistral_regex", "from_slow", "init_inputs"];
  test.each(fields)("$field = $value in $tokenizer", ({ tokenizer, field, value, same }) => {
    const config = { ...named[tokenizer], tokenizer_class: "PreTrainedTokenizerFast", [field]: value };
    const found = verdict(tokenizer, config);
    if (found !== null) expect([found, Object.values(same).includes(false)]).toEqual([[], false]);
    else expect(strict.includes(field) || Object.values(same).includes(false)).toBe(true);
  });
});

const CHANGES: Readonly<Record<string, (json: Json) => void>> = {
  truncation: (json) => set(json, "truncation", TRUNCATION),
  padding: (json) => set(json, "padding", padding("<|end_of_text|>", 1)),
  "truncation and padding": (json) => {
    set(json, "truncation", TRUNCATION);
    set(json, "padding", padding("<|begin_of_text|>", 0));
  },
  "padding by no token": (json) => set(json, "padding", padding("<pad>", 1)),
  "padding by an ordinary token": (json) => set(json, "padding", padding("Tom", 1)),
  "trim_offsets of the pre-tokenizer": (json) => set(json, "pre_tokenizer.pretokenizers.1.trim_offsets", false),
  "the post-processor's ByteLevel": (json) =>
    set(json, "post_processor.processors.0", { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false }), // biome-ignore format: one line
  "no ByteLevel in the post-processor": (json) => {
    const post = json["post_processor"] as { processors: unknown[] };
    post.processors.shift();
  },
  "the template's pair": (json) => set(json, "post_processor.processors.1.pair", [SEQUENCE_B, SEQUENCE_A]),
  "type_id of the template": (json) => {
    set(json, "post_processor.processors.1.single.0.SpecialToken.type_id", 1);
    set(json, "post_processor.processors.1.single.1.Sequence.type_id", 1);
  },
  "tokens of the template": (json) =>
    set(json, "post_processor.processors.1.special_tokens.<|begin_of_text|>.tokens", ["x"]),
  "the decoder's ByteLevel": (json) =>
    set(json, "decoder", { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false }),
  "fuse_unk without unk_token": (json) => set(json, "model.fuse_unk", true),
  "byte_fallback with all bytes": (json) => set(json, "model.byte_fallback", true),
  "empty prefix and suffix": (json) => {
    set(json, "model.continuing_subword_prefix", "");
    set(json, "model.end_of_word_suffix", "");
  },
  "no post-processor": (json) => set(json, "post_processor", null),
  "order of merges": (json) => void (json["model"] as { merges: unknown[] }).merges.reverse(),
  ignore_merges: (json) => set(json, "model.ignore_merges", false),
};
const TRUNCATION = { direction: "Right", max_length: 3, strategy: "LongestFirst", stride: 0 };
const SEQUENCE_A = { Sequence: { id: "A", type_id: 0 } };
const SEQUENCE_B = { Sequence: { id: "B", type_id: 1 } };
const padding = (token: string, id: number): Json => ({
  strategy: { Fixed: 40 },
  direction: "Left",
  pad_to_multiple_of: 8,
  pad_id: id,
  pad_type_id: 0,
  pad_token: token,
});

function set(json: Json, path: string, value: unknown): void {
  const steps = path.split(".");
  const last = steps.pop() as string;
  const place = steps.reduce<unknown>((at, step) => (at as Json)[step], json) as Json;
  place[last] = value;
}

describe("a part of tokenizer.json", () => {
  const { texts, tokenizers } = read("ids") as { texts: string[]; tokenizers: Record<string, [number[]][]> };
  const wanted = (tokenizers["llama3_1"] ?? []).map(([ids]) => ids);

  test("that the list names is changed here", () => {
    expect(files.map(({ change }) => change).sort()).toEqual(Object.keys(CHANGES).sort());
  });

  test.each(files)("$change", ({ change, same }) => {
    const json = read("llama3_1") as Json;
    CHANGES[change]?.(json);
    const isSame = Object.values(same).every((each) => each === true);
    let ids: number[][] | null = null;
    try {
      const tokenizer = Tokenizer.create(json, undefined, { vocabRows: 9999, bosTokenId: bosOf(json) });
      ids = texts.map((text) => tokenizer.encode(text));
    } catch (error) {
      expect(error).toBeInstanceOf(BadInputError);
    }
    if (isSame) expect(ids).toEqual(wanted);
    else expect(ids).not.toEqual(wanted);
  });

  test("truncation and padding are left out with one notice", () => {
    const json = read("llama3_1") as Json;
    CHANGES["truncation and padding"]?.(json);
    const { notices } = Tokenizer.create(json, undefined, { vocabRows: 9999, bosTokenId: bosOf(json) });
    expect(notices).toEqual([
      "tokenizer.json was saved with truncation to 3 tokens and padding: neither is done, as transformers' own calls set both anew",
    ]);
  });
});

function bosOf(json: Json): number {
  const added = json["added_tokens"] as { id: number; content: string }[];
  return added.find(({ content }) => content === "<|begin_of_text|>")?.id ?? -1;
}

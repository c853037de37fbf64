/**
 * What a `tokenizer_class` does in transformers beyond `tokenizer.json`. Version 4 reads that file as it is under all names below; version 5
 * builds some classes' own splitting around the vocabulary instead.
 */

import { splittersOf } from "./library-json.js";
import { BYTE_LEVEL_REGEX } from "./split-pattern.js";
import type { TokenizerJson } from "./tokenizer-schema.js";

/** A class by its name, without the `Fast` that transformers takes off. */
export interface TokenizerClass {
  /** Tokens that the class has where the configuration leaves the field out. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Whether version 5 makes the same ids as `tokenizer.json`. */
  isSame(json: TokenizerJson): boolean;
}

/** How Qwen2 splits a text. */
export const QWEN2_REGEX =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const END = "<|endoftext|>";
const plain: TokenizerClass = { defaults: {}, isSame: () => true };

const CLASSES: Readonly<Record<string, TokenizerClass>> = {
  PreTrainedTokenizer: plain,
  TokenizersBackend: plain,
  // Version 5 takes tokenizer.json as it is where it finds ByteLevel in it, else it splits by Metaspace.
  LlamaTokenizer: { defaults: {}, isSame: hasByteLevel },
  GPT2Tokenizer: {
    defaults: { unk_token: END, bos_token: END, eos_token: END },
    isSame: (json) => json.normalizer === null && isPlainBpe(json) && patternsOf(json).join() === BYTE_LEVEL_REGEX,
  },
  Qwen2Tokenizer: {
    defaults: { unk_token: END, eos_token: END, pad_token: END },
    isSame: (json) => json.normalizer?.type === "NFC" && isPlainBpe(json) && patternsOf(json).join() === QWEN2_REGEX,
  },
};

/** @returns the class, or null for a name that is not read. */
export function tokenizerClass(name: string): TokenizerClass | null {
  const own = name.replace(/Fast$/, "");
  return Object.hasOwn(CLASSES, own) ? (CLASSES[own] ?? null) : null;
}

/** Names that are read. */
export const TOKENIZER_CLASSES: readonly string[] = Object.keys(CLASSES);

function hasByteLevel(json: TokenizerJson): boolean {
  const { pre_tokenizer: splits, post_processor: post, decoder } = json;
  return JSON.stringify([splits, post, decoder]).includes('"ByteLevel"');
}

function isPlainBpe({ model }: TokenizerJson): boolean {
  return model.ignore_merges !== true && model.byte_fallback !== true && model.unk_token == null;
}

/** What the steps split by, one after the other. */
function patternsOf(json: TokenizerJson): string[] {
  return splittersOf(json).flatMap((step) => {
    if (step.type === "Split") return [step.pattern.Regex];
    if (step.type === "Digits") return ["digits"];
    return step.use_regex === false ? [] : [BYTE_LEVEL_REGEX];
  });
}

/**
 * `tokenizer.json` in the words in which the JavaScript library reads it as Python's tokenizers does. Its own Digits knows ASCII digits only,
 * and its own ByteLevel takes JavaScript's blanks (U+FEFF is one, U+0085 is none) for Unicode's.
 */

import { BYTE_LEVEL_REGEX, knownPattern } from "./split-pattern.js";
import type { TokenizerJson } from "./tokenizer-schema.js";

type Splitter = Exclude<TokenizerJson["pre_tokenizer"], null | { type: "Sequence" }>;

/** @returns the steps of the pre-tokenizer in order. */
export function splittersOf({ pre_tokenizer: splits }: Pick<TokenizerJson, "pre_tokenizer">): readonly Splitter[] {
  if (splits === null) return [];
  return splits.type === "Sequence" ? splits.pretokenizers : [splits];
}

/** The file for the library: nothing is cut, filled up or put around a text. */
export function libraryJson(json: TokenizerJson): object {
  const steps = splittersOf(json).flatMap(rewritten);
  return {
    ...json,
    truncation: null,
    padding: null,
    post_processor: null,
    pre_tokenizer: steps.length === 0 ? null : { type: "Sequence", pretokenizers: steps },
  };
}

function rewritten(step: Splitter): object[] {
  switch (step.type) {
    case "Digits":
      return [split(step.individual_digits ? "\\p{N}" : "\\p{N}+")];
    case "Split":
      return [split(step.pattern.Regex)];
    case "ByteLevel":
      // Left out, use_regex is true.
      return [...(step.use_regex === false ? [] : [split(BYTE_LEVEL_REGEX)]), { ...step, use_regex: false }];
  }
}

function split(regex: string): object {
  return { type: "Split", pattern: { Regex: knownPattern(regex) }, behavior: "Isolated", invert: false };
}

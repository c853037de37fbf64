/** Regular expressions that are taken split texts as Python's tokenizers splits them; others are refused. */
// @needs nothing

import { readFileSync } from "node:fs";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import { expect, test } from "vitest";
import { knownPattern } from "../../../src/model/tokenizer/split-pattern.js";

const { texts, rows } = JSON.parse(
  readFileSync(new URL("../../fixtures/tokenizers/splits.json", import.meta.url), "utf8"),
) as { texts: string[]; rows: [string, number[][]][] };

/** Lengths, in code points, of the pieces into which the library's own step splits a text. */
function piecesOf(regex: string): number[][] {
  const json = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false },
    post_processor: null,
    decoder: null,
    model: { type: "BPE", vocab: {}, merges: [] },
  };
  const split = new Library(json, {}).pre_tokenizer as unknown as ((text: string) => string[]) | null;
  return texts.map((text) => (split?.(text) ?? []).map((piece) => [...piece].length));
}

test("hundreds of expressions made at random, and the two of GPT-2 and cl100k", () => {
  const taken = rows.flatMap(([regex, theirs]) => {
    const known = knownPattern(regex);
    return known === null ? [] : [{ regex, theirs, ours: piecesOf(known) }];
  });
  expect(taken.length).toBeGreaterThan(150);
  expect(taken.slice(0, 2).map(({ regex }) => regex)).toEqual(rows.slice(0, 2).map(([regex]) => regex));
  for (const { regex, theirs, ours } of taken) expect({ regex, ours }).toEqual({ regex, ours: theirs });
});

test.each([
  ["a lazy quantifier", "a+?b"],
  ["a possessive one", "a++b"],
  ["anchors", "^a$"],
  ["a group", "(ab)+"],
  ["a look behind", "(?<!a)b"],
  ["other folded letters", "(?i:ss)"],
  ["a set within a set", "[a[b]]"],
  ["an intersection", "[a-z&&[^b]]"],
  ["other properties", "\\p{Lu}"],
  ["digits by \\d", "\\d+"],
  ["any character", "a.b"],
  ["a range from back to front", "[z-a]"],
  ["what matches nothing", "a*"],
  ["an empty branch", "a|"],
])("%s is refused", (_, regex) => {
  expect(knownPattern(regex)).toBeNull();
});

/** Every code point is taken for what Python's tokenizers takes it for, or its text is refused. */
// @needs time

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { newCharacter } from "../../../src/model/tokenizer/new-characters.js";
import { Tokenizer } from "../../../src/model/tokenizer/tokenizer.js";

type Ranges = readonly [number, number][];
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/tokenizers/${name}.json`, import.meta.url), "utf8"));
const tables = read("unicode") as {
  letters: Ranges;
  numbers: Ranges;
  blanks: Ranges;
  digits: Ranges;
  composed: Record<string, string>;
  pairs: Record<string, string>;
  moved: number[];
};

const splits = { splits: true, composes: false };
const composes = { splits: false, composes: true };
const all = Array.from({ length: 0x110000 - 2 }, (_, i) => i + 2).filter((code) => code < 0xd800 || code > 0xdfff);

test.each<[string, Ranges, RegExp]>([
  ["letters", tables.letters, /^\p{L}$/u],
  ["numbers", tables.numbers, /^\p{N}$/u],
  ["blanks", tables.blanks, /^\p{White_Space}$/u],
  ["digits", tables.digits, /^\p{N}$/u],
])("%s", (_, ranges, pattern) => {
  const theirs = new Set(ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_each, i) => from + i)));
  const differing = all.filter((code) => {
    const character = String.fromCodePoint(code);
    return pattern.test(character) !== theirs.has(code) && newCharacter(character, splits) === null;
  });
  expect(differing).toEqual([]);
});

test("composition", () => {
  const wrong = all.filter((code) => {
    const character = String.fromCodePoint(code);
    const theirs = tables.composed[code.toString(16)] ?? character;
    return character.normalize("NFC") !== theirs && newCharacter(character, composes) === null;
  });
  expect(wrong).toEqual([]);
  for (const [parts, theirs] of Object.entries(tables.pairs))
    expect(newCharacter(parts, composes) !== null || parts.normalize("NFC") === theirs, parts).toBe(true);
});

test("the order of marks", () => {
  const moved = new Set(tables.moved);
  const differing = all.filter((code) => {
    const character = String.fromCodePoint(code);
    const texts = [`q${character}\u0323\u0301`, `q\u0301\u0345${character}`];
    const isMoved = texts.some((text) => text.normalize("NFC") !== text);
    return code < 0x20000 && isMoved !== moved.has(code) && newCharacter(character, composes) === null;
  });
  expect(differing).toEqual([]);
});

test("a text with a character that is too new is refused by name, and only where it matters", () => {
  const open = (name: string): Tokenizer =>
    Tokenizer.create(read(name), undefined, { vocabRows: 9999, bosTokenId: null });
  expect(() => open("gpt2").encode("a \u{323b0} b")).toThrow(/has the character U\+323B0, which is newer/);
  expect(() => open("qwen2_5").encode("a\u0897")).toThrow(/U\+0897/);
  expect(open("gpt2").encode("a\u0897").length).toBeGreaterThan(1);
});

/**
 * Tokens to text as Python's tokenizers writes them. Not the JavaScript library's: that drops a U+FEFF written in byte tokens, joins broken
 * UTF-8 otherwise, and takes $ in what replaces for a reference.
 */

import type { TokenizerJson } from "./tokenizer-schema.js";

type Step = Exclude<TokenizerJson["decoder"], { type: "Sequence" }> | Extract<TokenizerJson["decoder"], { type: "Sequence" }>["decoders"][number]; // biome-ignore format: one type

/** @param decoder of `tokenizer.json`. @returns what writes tokens as one text. */
export function textOfTokens(decoder: TokenizerJson["decoder"], tokens: readonly string[]): string {
  const steps: readonly Step[] = decoder.type === "Sequence" ? decoder.decoders : [decoder];
  return steps.reduce<readonly string[]>((parts, step) => decoded(step, parts), tokens).join("");
}

function decoded(step: Step, tokens: readonly string[]): readonly string[] {
  switch (step.type) {
    case "ByteLevel":
      return [utf8(tokens.flatMap(bytesOf))];
    case "Replace":
      return tokens.map((token) => token.replaceAll(step.pattern.String, () => step.content));
    case "ByteFallback":
      return byteRuns(tokens);
    case "Fuse":
      return [tokens.join("")];
    case "Strip":
      return tokens.map((token) => stripped(token, step));
  }
}

const BYTE_OF_CHARACTER = byteAlphabet();

/** GPT-2's alphabet: printable bytes stand for themselves, the others for the characters from U+0100 on. */
function byteAlphabet(): ReadonlyMap<string, number> {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const alphabet = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) alphabet.set(String.fromCharCode(printable(byte) ? byte : next++), byte);
  return alphabet;
}

/** A token with a character outside the alphabet (an added one) stands for itself. */
function bytesOf(token: string): number[] {
  const bytes = [...token].map((character) => BYTE_OF_CHARACTER.get(character));
  return bytes.every((byte) => byte !== undefined) ? bytes : [...new TextEncoder().encode(token)];
}

function utf8(bytes: readonly number[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/** `<0xE2>` in a row are one text where they are UTF-8, else each is U+FFFD. */
function byteRuns(tokens: readonly string[]): string[] {
  const written: string[] = [];
  let run: number[] = [];
  const end = (): void => {
    if (run.length > 0) written.push(validUtf8(run) ?? "\ufffd".repeat(run.length));
    run = [];
  };
  for (const token of tokens) {
    const [, hex] = /^<0x([0-9A-Fa-f]{2})>$/.exec(token) ?? [];
    if (hex !== undefined) run.push(Number.parseInt(hex, 16));
    else {
      end();
      written.push(token);
    }
  }
  end();
  return written;
}

function validUtf8(bytes: readonly number[]): string | null {
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}

/** At most so many of one character from either end. */
function stripped(token: string, { content, start, stop }: Extract<Step, { type: "Strip" }>): string {
  const characters = [...token];
  let from = 0;
  while (from < start && characters[from] === content) from++;
  let to = characters.length;
  while (characters.length - to < stop && characters[to - 1] === content) to--;
  return characters.slice(from, Math.max(from, to)).join("");
}

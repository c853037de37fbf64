/**
 * Characters that are so new that Python's tokenizers and this process may take them for different kinds, because each has the tables of
 * another version of Unicode. None is common in any text; where one changes the ids, the text is refused.
 */

import { BadInputError } from "../../base/errors.js";

/** Letters and numbers of Unicode 17: to the Oniguruma of tokenizers 0.23 they are neither; Node's tables depend on its version. */
const SPLIT = anyOf(
  "88f c5c cdc a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 11db0-11ddb 11de0-11de9 16ea0-16eb8 16ebb-16ed3 " +
    "16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de 1e6e0-1e6e2 1e6e4-1e6e5 1e6e7-1e6ed 1e6f0-1e6f4 " +
    "1e6fe-1e6ff 2b73a-2b73f 2cea2-2cead 323b0-33479",
);

/** Marks since Unicode 10 that tokenizers' normalization does not put in order, and the vowel that it does not compose (U+11938). */
const COMPOSED = anyOf(
  "7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1add 1ae0-1aeb 1df6-1dfa a82c 10d24-10d27 10d69-10d6d " +
    "10eab-10eac 10efa-10efb 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 113ce-113d0 1145e 11839-1183a 11930 " +
    "1193d-1193e 11943 119e0 11a34 11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 1612f 16ff0-16ff1 1e08f " +
    "1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5",
);

/** @param ranges of hexadecimal code points. */
function anyOf(ranges: string): RegExp {
  const written = ranges.replaceAll(/[0-9a-f]+/g, (code) => `\\u{${code}}`).replaceAll(" ", "");
  return new RegExp(`[${written}]`, "u");
}

/** Which steps of a tokenizer depend on Unicode's tables. */
export interface TableUse {
  /** It splits by letters and numbers. */
  readonly splits: boolean;
  /** It composes characters (NFC). */
  readonly composes: boolean;
}

/** @returns the first character of a text that the two may take for different kinds, or null. */
export function newCharacter(text: string, { splits, composes }: TableUse): string | null {
  const found = (splits ? SPLIT.exec(text) : null) ?? (composes ? COMPOSED.exec(text) : null);
  return found?.[0] ?? null;
}

/** @throws BadInputError for a text with such a character. */
export function checkCharacters(text: string, use: TableUse): void {
  const found = newCharacter(text, use);
  if (found === null) return;
  const code = found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  throw new BadInputError(
    `The text has the character U+${code}, which is newer than the tables that the tokenizer was made with: its ids would not be certain`,
    "write the text without this character",
  );
}

/** Which stretches of a question the embedded model cannot know. Its tokenizer has a byte for everything, so nothing is refused. */

import { NUMBERS, WORDS } from "./grammar.js";

/** Why a stretch is marked. */
export type MarkKind = "word" | "number" | "sign";

/** A stretch of a question, marked or not; together they are the question. */
export interface Stretch {
  readonly text: string;
  readonly mark: MarkKind | null;
}

/** What a mark means, for a reader. */
export const MARK_SENTENCES: Readonly<Record<MarkKind, string>> = {
  word: "No training question has this word: the tokenizer cuts it into pieces that mean nothing to this model.",
  number: `Training questions have whole numbers from ${NUMBERS.least} to ${NUMBERS.most}: the model never saw this one in a question.`,
  sign: "No training question has this sign.",
};

// Words, numbers (with what only a number joins), blanks, and single signs.
const PIECES = /\p{L}[\p{L}\p{M}]*|\p{N}+(?:[.,]\p{N}+)*|\s+|[^\p{L}\p{N}\s]/gu;
const SIGNS = new Set([".", "?"]);

/** @returns stretches in the order of the text; neighbours that are not marked are one. */
export function markQuestion(question: string): Stretch[] {
  const stretches: Stretch[] = [];
  for (const [text] of question.matchAll(PIECES)) {
    const mark = markOf(text);
    const last = stretches.at(-1);
    if (mark === null && last?.mark === null) stretches[stretches.length - 1] = { text: last.text + text, mark };
    else stretches.push({ text, mark });
  }
  return stretches;
}

function markOf(text: string): MarkKind | null {
  if (/^\s/.test(text)) return null;
  if (/^\p{N}/u.test(text)) return isKnownNumber(text) ? null : "number";
  if (/^\p{L}/u.test(text)) return WORDS.has(text) ? null : "word";
  return SIGNS.has(text) ? null : "sign";
}

function isKnownNumber(text: string): boolean {
  return /^[1-9]\d?$/.test(text) && Number(text) >= NUMBERS.least && Number(text) <= NUMBERS.most;
}

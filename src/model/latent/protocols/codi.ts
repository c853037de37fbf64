/** Protocol `codi`: the steps of the reference's own test (zhenyi4/codi, test.py), from the file to the ids and from the ids to the verdict. */

import { type Expected, type GoldAnswer, isLetter, isSameAnswer, type ParsedAnswer } from "../answer/kind.js";
import { asciiDigits, pythonFloat, pythonStrip } from "../answer/python-text.js";
import { spanOf, type TextView, wholeText, withPart } from "../answer/text-view.js";
import { LOOPS } from "./loop.js";
import type { AnswerReadOptions, Protocol, SpecialIds } from "./protocol.js";
import { SOUND } from "./sound.js";

/** The reference inference. */
export const CODI: Protocol = {
  ...SOUND,
  ...LOOPS.codi,
  name: "codi",
  maxNewTokens: 64,
  methods: {
    model: (latents) => `reasons in ${latents} continuous thoughts (latents) in the manner of CODI [@shen2025]`,
    lineage: "Models reason in continuous thoughts (latents) in the manner of CODI [@shen2025].",
    inference:
      "Inference followed the reference protocol: the question and BOT are read, the hidden state after the final norm is projected and is the next latent's input, and the answer is decoded greedily after EOT.",
    verdict: "The answer is the last number of the text without commas; it is right if it equals the expected one.",
    later: "the later latents were computed anew",
  },
  prepared: "without blanks at their ends and with every two blanks as one, as the reference does",
  // Once, left to right: of three blanks two are left, and of four two.
  prepare: (question) => pythonStrip(question).replaceAll("  ", " "),
  promptEnd: ({ bot, ...ids }) => [...eosOf(ids), bot],
  eot: ({ eot, ...ids }) => [eot, ...eosOf(ids)],
  stops: (token, { eos }) => token === eos,
  comparesTexts: false,
  announced: "The answer is: ",
  // The last id is EOT, which is never an answer's token.
  logitRows: (vocabRows) => vocabRows - 1,
  readAnswer,
  readGold,
  isRight,
};

/** EOS, where the checkpoint was trained with it beside BOT and EOT. */
function eosOf({ eos, removeEos }: Pick<SpecialIds, "eos" | "removeEos">): number[] {
  return removeEos ? [] : [eos];
}

/** transformers' `clean_up_tokenization`: what is looked for, and the part of it that stays. */
const CLEAN_UP: readonly (readonly [string, readonly [number, number]])[] = [
  [" .", [1, 2]],
  [" ?", [1, 2]],
  [" !", [1, 2]],
  [" ,", [1, 2]],
  [" ' ", [1, 2]],
  [" n't", [1, 4]],
  [" 'm", [1, 3]],
  [" 's", [1, 3]],
  [" 've", [1, 4]],
  [" 're", [1, 4]],
];

const ANNOUNCED = "The answer is:";

/** The last number once all commas are out; where there is none, what the reference takes for the letter or truth value of a task of that sort. */
function readAnswer(text: string, { kind = "number", cleanUp = false }: AnswerReadOptions = {}): ParsedAnswer {
  const decoded = CLEAN_UP.reduce(
    (view, [find, kept]) => (cleanUp ? withPart(view, find, kept) : view),
    wholeText(text),
  );
  const plain = withPart(decoded, ",");
  const last = [...plain.text.matchAll(/-?\p{Nd}+\.?\p{Nd}*/gu)].at(-1);
  if (last !== undefined) {
    const [found] = last;
    const value = Number(asciiDigits(found));
    if (!Number.isFinite(value)) return { kind: "none", reason: "number beyond double precision" };
    return { kind: "number", value, ...spanOf(plain, text, { from: last.index, to: last.index + found.length }) };
  }
  if (kind === "letter") return readLetter(plain, text);
  if (kind === "boolean") return readTruth(plain, text);
  return { kind: "none", reason: pythonStrip(text) === "" ? "empty answer" : "no number in answer" };
}

// Whatever else stands there counts as "C" in the reference; nothing at all ends its run.
function readLetter(view: TextView, text: string): ParsedAnswer {
  const place = view.text.lastIndexOf(ANNOUNCED);
  const from = place < 0 ? 0 : place + ANNOUNCED.length;
  const rest = view.text.slice(from);
  const first = pythonStrip(rest)[0];
  if (first === undefined) return { kind: "none", reason: "empty answer" };
  const at = from + rest.indexOf(first);
  return isLetter(first)
    ? { kind: "letter", value: first, ...spanOf(view, text, { from: at, to: at + 1 }) }
    : { kind: "letter", value: "C", ...spanOf(view, text, { from: at, to: at }) };
}

function readTruth(view: TextView, text: string): ParsedAnswer {
  for (const [word, value] of [
    ["True", true],
    ["False", false],
  ] as const) {
    const at = view.text.indexOf(word);
    if (at >= 0) return { kind: "boolean", value, ...spanOf(view, text, { from: at, to: at + word.length }) };
  }
  const isEmpty = pythonStrip(text) === "";
  return { kind: "none", reason: isEmpty ? "empty answer" : "neither True nor False in answer" };
}

/** A truth value, an option's letter, or what follows the last `####`, commas out, as Python's `float()` reads it. */
function readGold(answer: string | number | boolean): GoldAnswer {
  if (typeof answer === "boolean") return { kind: "gold", value: answer };
  if (typeof answer === "number") return finite(answer, String(answer));
  if (answer === "True" || answer === "False") return { kind: "gold", value: answer === "True" };
  if (isLetter(answer)) return { kind: "gold", value: answer };
  const after = answer.split("####").at(-1) ?? "";
  const value = pythonFloat(after.replaceAll(",", ""));
  if (value !== null) return finite(value, pythonStrip(after));
  return { kind: "unreadable", reason: `ends in no usable number: Python's float() does not read ${quoted(after)}` };
}

function finite(value: number, text: string): GoldAnswer {
  if (Number.isFinite(value)) return { kind: "gold", value };
  return { kind: "unreadable", reason: `ends in no usable number: ${quoted(text)} is not finite` };
}

function quoted(text: string): string {
  return JSON.stringify(pythonStrip(text).slice(0, 40));
}

/** Python's `==`: equal floats, the same letter, the same truth value; a number also equals True as 1 and False as 0. */
function isRight(answer: ParsedAnswer, expected: Expected): boolean {
  const wanted = answer.kind === "number" && typeof expected === "boolean" ? Number(expected) : expected;
  return isSameAnswer(answer, wanted);
}

/** Protocol `seed`: how the original study prepares a question and reads an answer. */

import type { GoldAnswer, ParsedAnswer } from "../answer/kind.js";
import { isCorrect, parseNumber } from "../answer/number.js";
import { LOOPS } from "./loop.js";
import type { Protocol } from "./protocol.js";

const NOTE =
  "Protocol seed reproduces the original study's loop with its flaws: the recorded layer inputs are written over that layer's output (one layer off), every other latent is pinned to them, and the attention slice begins one position late, so that its token 5 is EOT's attention to itself. Protocol codi is recommended.";

/** The original study's own steps. */
export const SEED: Protocol = {
  ...LOOPS.seed,
  name: "seed",
  maxNewTokens: 200,
  hasBot: false,
  // "Token 0" is BOT's embedding and only the later ones are projections.
  firstFedBack: 1,
  // So that "token 5" is EOT's attention to itself.
  attentionShift: 1,
  studies: { recomputesLatents: false, hasAll: false, readsFlow: false, sharesBatches: false },
  warning: {
    title: "Flawed protocol: seed",
    figure: "PROTOCOL SEED: the original study's flawed loop, see report.html",
    text: NOTE,
  },
  note: null,
  methods: {
    model: (latents) => `reasons in ${latents} continuous thoughts (latents) in the manner of CODI [@shen2025]`,
    lineage: "Models reason in continuous thoughts (latents) in the manner of CODI [@shen2025].",
    inference: NOTE,
    verdict: "An answer is right if its number differs from the expected one by less than 0.01.",
    later: "the later latents were kept as in the clean run",
  },
  prepared: "as they are",
  prepare: (question) => question,
  promptEnd: () => [],
  eot: ({ eot }) => [eot],
  stops: (token, { eos }) => token === eos,
  comparesTexts: false,
  announced: "The answer is: ",
  logitRows: (vocabRows) => vocabRows - 1,
  readAnswer,
  readGold,
  isRight: (answer, expected) =>
    answer.kind === "number" && typeof expected === "number" && isCorrect(answer.value, expected),
};

const NUMBER = String.raw`[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`;
const AFTER_HASHES = new RegExp(String.raw`####\s*\$?\s*(${NUMBER})`, "d");
const AFTER_WORD = new RegExp(String.raw`\b(?:answer|total|result)\b(?:\s*(?:is|:|=|\$))*\s*(${NUMBER})`, "di");
const ANY = new RegExp(NUMBER, "g");

/** Number after `####`; else after `answer`, `total` or `result`; else the last number. It knows no letters and truth values. */
function readAnswer(text: string): ParsedAnswer {
  if (text.trim() === "") return { kind: "none", reason: "empty answer" };
  for (const pattern of [AFTER_HASHES, AFTER_WORD]) {
    const match = pattern.exec(text);
    const [start, end] = match?.indices?.[1] ?? [];
    if (start !== undefined && end !== undefined) return numberAt(text, start, end);
  }
  const last = [...text.matchAll(ANY)].at(-1);
  return last === undefined
    ? { kind: "none", reason: "no number in answer" }
    : numberAt(text, last.index, last.index + last[0].length);
}

function numberAt(text: string, start: number, end: number): ParsedAnswer {
  const found = text.slice(start, end);
  const value = Number(found.replaceAll(",", ""));
  return Number.isFinite(value)
    ? { kind: "number", value, text: found, start, end }
    : { kind: "none", reason: "number beyond double precision" };
}

/** A number, alone or after the last `####`. */
function readGold(answer: string | number | boolean): GoldAnswer {
  if (typeof answer === "number" && Number.isFinite(answer)) return { kind: "gold", value: answer };
  const after = String(answer).split("####").at(-1) ?? "";
  const value = typeof answer === "string" ? parseNumber(after) : null;
  if (value !== null) return { kind: "gold", value };
  return { kind: "unreadable", reason: `ends in no usable number: ${JSON.stringify(after.trim().slice(0, 40))}` };
}

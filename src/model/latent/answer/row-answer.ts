/** One row's answer: its text, what the protocol and the careful rule read of it, and how sure the model was of each token. */

import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Protocol } from "../protocols/protocol.js";
import type { RowOutcome } from "../run/loop.js";
import { numberOrNull, type RunScore, runScoreOf } from "../run/run-score.js";
import type { AnswerToken, Batch, RunResult } from "../run-types.js";
import { type AnswerKind, kindOf } from "./kind.js";
import { parseAnswer, tokenAt } from "./number.js";

/** What an answer is read with. */
export interface AnswerReader {
  readonly tokenizer: Tokenizer;
  readonly protocol: Protocol;
  /** What is looked for in the text. */
  readonly kind: AnswerKind;
}

/** The answer of a row that was decoded. */
export function answerOf(outcome: RowOutcome, { tokenizer, protocol, kind }: AnswerReader): RunResult["answer"] {
  const text = tokenizer.decode(outcome.ids, { skipSpecial: true });
  const parsed = protocol.readAnswer(text, { kind, cleanUp: tokenizer.cleansUp });
  const tokens = outcome.ids.map((id, index) => answerToken(id, index, { outcome, tokenizer }));
  const numberToken = parsed.kind === "none" ? null : tokenAt(tokenizer, outcome.ids, parsed.start);
  return {
    ids: outcome.ids,
    text,
    parsed,
    careful: parseAnswer(text, kind),
    value: parsed.kind === "none" ? null : parsed.value,
    tokens,
    numberToken,
    margin: numberToken === null ? null : (tokens[numberToken]?.margin ?? null),
    finish: outcome.finish,
  };
}

/** What a row scored, and the short forms of it. */
export function gradeOf(
  { options }: Pick<Batch, "options">,
  { parsed }: Pick<RunResult["answer"], "parsed">,
  row: GradedRow,
): Pick<RunResult, "correct" | "logProb" | "kl" | "score"> {
  const { question, protocol, outcome, clean } = row;
  const expected = options.expected?.[question];
  const score = scoreOf({ options }, outcome, clean);
  return {
    correct: expected === undefined || outcome.failure !== null ? null : protocol.isRight(parsed, expected),
    logProb: numberOrNull(score.expectedLogProb),
    kl: numberOrNull(score.klAtNumber),
    score,
  };
}

/** A row with what it is graded by. */
export interface GradedRow {
  readonly question: number;
  readonly protocol: Protocol;
  readonly outcome: RowOutcome;
  /** The row of its question that nothing was done to, or null. */
  readonly clean: RowOutcome | null;
}

function answerToken(
  id: number,
  index: number,
  { outcome, tokenizer }: { readonly outcome: RowOutcome; readonly tokenizer: Tokenizer },
): AnswerToken {
  const top = outcome.tops[index];
  const [best = 0, second = best] = top?.logits ?? [];
  return { id, text: tokenizer.tokenText(id), logProb: best - (top?.logSumExp ?? 0), margin: best - second };
}

function scoreOf({ options }: Pick<Batch, "options">, outcome: RowOutcome, clean: RowOutcome | null): RunScore {
  return runScoreOf(outcome.score, {
    expected: options.expected !== undefined,
    contrasts: options.contrasts !== undefined,
    atFirst: options.scoreFirstToken === true,
    failure: outcome.failure,
    cleanFailure: clean?.failure ?? null,
  });
}

/** What is looked for in the answers to a question. */
export function kindAt({ options }: Batch, question: number): AnswerKind {
  const expected = options.expected?.[question];
  return expected === undefined ? "number" : kindOf(expected);
}

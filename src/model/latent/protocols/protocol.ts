/** What belongs to a protocol: every step between a data file and the ids, and between the ids and the verdict (docs/protocols.md). */

import type { AnswerKind, Expected, GoldAnswer, ParsedAnswer } from "../answer/kind.js";

/** How the latents are run. `codi` is the reference inference; `seed` is the original study's own loop, flaws included. */
export type Protocol = "codi" | "seed";

/** How a text is read. */
export interface ReadOptions {
  /** What is looked for; default a number. */
  readonly kind?: AnswerKind;
  /** Whether the model's tokenizer takes blanks before punctuation out of what it decodes. */
  readonly cleanUp?: boolean;
}

/** The rules of one protocol. */
export interface ProtocolRules {
  readonly name: Protocol;
  /** Most tokens of an answer where nobody says otherwise. */
  readonly maxNewTokens: number;
  /** Whether the prompt ends in BOT; else BOT is the first latent's input. */
  readonly promptHasBot: boolean;
  /** Whether EOS stands before BOT and after EOT where the checkpoint's `remove_eos` is false. */
  readonly heedsRemoveEos: boolean;
  /** The question as it is tokenised. */
  prepareQuestion(question: string): string;
  /** What a text answers; its places are those of `text` as it was given. */
  readAnswer(text: string, options?: ReadOptions): ParsedAnswer;
  /** What a data file's `answer` says. */
  readGold(answer: string | number | boolean): GoldAnswer;
  /** The verdict. */
  isRight(answer: ParsedAnswer, expected: Expected): boolean;
}

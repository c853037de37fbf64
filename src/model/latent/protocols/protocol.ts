/** What belongs to a protocol: every step between a data file and the ids, through the latents, and between the ids and the verdict (docs/protocols.md). */

import type { AnswerKind, Expected, GoldAnswer, ParsedAnswer } from "../answer/kind.js";
import type { Loop } from "./loop.js";
import type { AnyProtocol } from "./names.js";

/** How a text is read. */
export interface AnswerReadOptions {
  /** What is looked for; default a number. */
  readonly kind?: AnswerKind;
  /** Whether the model's tokenizer takes blanks before punctuation out of what it decodes. */
  readonly cleanUp?: boolean;
}

/** Special tokens of a checkpoint. */
export interface SpecialIds {
  readonly bot: number;
  readonly eot: number;
  readonly eos: number;
  /** The checkpoint's `remove_eos`: false where it was trained with EOS before BOT and after EOT. */
  readonly removeEos: boolean;
}

/** What studies can do under a protocol. */
export interface ProtocolStudies {
  /** Whether the latents after one that is changed are computed anew; else they are held at what the clean run's layer took in. */
  readonly recomputesLatents: boolean;
  /** Whether studies beside the main two, controls and other ablations are possible. */
  readonly hasAll: boolean;
  /** Whether what attention carries (values, rollout) is read beside its weights. */
  readonly readsFlow: boolean;
  /** Whether questions share a batch. */
  readonly sharesBatches: boolean;
}

/** What readers of a run are warned of. */
export interface ProtocolWarning {
  readonly title: string;
  /** One line under each figure's title. */
  readonly figure: string;
  /** The whole, for reports. */
  readonly text: string;
}

/** How a protocol is described in a paper's methods, as plain text with references, `in the manner of Coconut [@hao2024]`. */
export interface ProtocolMethods {
  /** What the model is, after its name. @param latents how many it has. */
  readonly model: (latents: number) => string;
  /** The same of several models together, as a sentence. */
  readonly lineage: string;
  readonly inference: string;
  readonly verdict: string;
  /** What became of the latents after one that was changed. */
  readonly later: string;
}

/** One protocol. */
export interface Protocol extends Loop {
  readonly name: AnyProtocol;
  /** Most tokens of an answer by default. */
  readonly maxNewTokens: number;
  /** Whether the prompt ends in BOT. */
  readonly hasBot: boolean;
  /** The first latent that is fed back; one before it gets BOT's embedding. */
  readonly firstFedBack: 0 | 1;
  /** How many columns after the first latent the slice of attention to the latents begins. */
  readonly attentionShift: 0 | 1;
  readonly studies: ProtocolStudies;
  /** Null where the protocol is sound. */
  readonly warning: ProtocolWarning | null;
  /** What readers of every study are to know, as a sentence without its full stop; null where there is nothing. */
  readonly note: string | null;
  readonly methods: ProtocolMethods;
  /** What `prepare` does, after "questions are asked". */
  readonly prepared: string;
  /** The question as it is tokenised. */
  prepare(question: string): string;
  /** What follows the question in the prompt. */
  promptEnd(ids: SpecialIds): readonly number[];
  /** What is fed after the latents; the answer is predicted from the last of it. Nothing: the prompt's own last token is. */
  eot(ids: SpecialIds): readonly number[];
  /** Whether a token ends the answer. */
  stops(token: number, ids: SpecialIds): boolean;
  /** How many vocabulary rows the logits keep, from the first on. */
  logitRows(vocabRows: number): number;
  /** What a text answers; its places are those of `text` as it was given. */
  readAnswer(text: string, options?: AnswerReadOptions): ParsedAnswer;
  /** Whether an answer may be any text; else a number, a letter or a truth value. */
  readonly comparesTexts: boolean;
  /** What scores put before the expected answer where the model's own text holds none: as it was trained. */
  readonly announced: string;
  /** What a data file's `answer` says. */
  readGold(answer: string | number | boolean): GoldAnswer;
  /** The verdict. */
  isRight(answer: ParsedAnswer, expected: Expected): boolean;
}

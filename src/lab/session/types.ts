/** All that the session hands to the page: plain data, which a worker can post and JSON can hold. Probabilities lie between 0 and 1. */

import type { Feedback } from "../../browser.js";
import type { EditOperation, LabState } from "../edits/edit.js";

/** A token, with the probability that the head gives it. */
export interface Word {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

/** One position of a sequence. */
export interface PositionView {
  /** As addresses name it: `question.3`, `bot`, `latent.2`, `eot`, `answer.0`. */
  readonly name: string;
  readonly part: "question" | "bot" | "latent" | "eot" | "answer";
  /** The token that is read there; empty at a latent. */
  readonly text: string;
}

/** A token of the question, as the model reads it. */
export interface QuestionToken extends PositionView {
  readonly id: number;
  /** Is it a piece of a word, or of a character, that the vocabulary has no token for? */
  readonly unknown: boolean;
}

/** A token of an answer. */
export interface AnswerWord extends Word {
  /** Its logit less that of the second best. */
  readonly margin: number;
}

/** What a run answered. */
export interface AnswerView {
  readonly text: string;
  readonly words: readonly AnswerWord[];
  /** What was read of the text; null where it has no answer. */
  readonly value: number | string | boolean | null;
  /** Index among the words of the first one of the number that was read. */
  readonly numberWord: number | null;
  /** `limit`: the answer was cut off. */
  readonly finish: "eos" | "limit";
}

/** A latent of a run without edits. */
export interface LatentView {
  readonly latent: number;
  /** What the head says after it, best first. */
  readonly words: readonly Word[];
  /** Euclidean length of the residual stream after the last block. */
  readonly norm: number;
}

/** The model that answers. */
export interface ModelView {
  readonly name: string;
  readonly blocks: number;
  readonly heads: number;
  readonly latents: number;
  /** How it is run: `codi`, `coconut`, `pause`, `none`, or a protocol of one's own. */
  readonly protocol: string;
  /** What a latent's input is. */
  readonly feedback: Feedback;
  /** Do questions begin with BOS? */
  readonly hasBos: boolean;
  readonly dModel: number;
  readonly dHead: number;
  readonly vocabulary: number;
  /** `wasm`, `webgpu`, `native`. */
  readonly engine: string;
}

/** A question answered without edits. */
export interface CleanView {
  readonly model: ModelView;
  readonly question: string;
  /** Most tokens of an answer, where the model's positions leave fewer than its protocol allows; else null. */
  readonly maxNewTokens: number | null;
  /** BOS first, where the model has it. */
  readonly tokens: readonly QuestionToken[];
  /** Of the whole sequence: question, BOT, latents, EOT, and the answer's tokens that were read. */
  readonly positions: readonly PositionView[];
  /** What the head says at BOT, best first; empty where the protocol has none. */
  readonly bot: readonly Word[];
  readonly latents: readonly LatentView[];
  /** `[block][latent]`: what the head says of the residual stream after the block, best first. */
  readonly lens: readonly (readonly (readonly Word[])[])[];
  readonly answer: AnswerView;
}

/** What a part of a block wrote at one latent: a head, the MLP with its bias, the bias beside the heads; and before block 0 the position. */
export interface ComponentView {
  readonly kind: "position" | "head" | "bias" | "mlp";
  /** Null for all but heads. */
  readonly head: number | null;
  /** Euclidean length of what it wrote into the residual stream. */
  readonly norm: number;
  /** Its direct part of the logit of the word that the head says after this latent. */
  readonly toWord: number;
  /** Its direct part of the next latent's input, as a share of that input's squared length; null at the last latent, and where inputs are not made from states. */
  readonly toNext: number | null;
}

/** A cell of block × latent, opened. */
export interface CellView {
  readonly block: number;
  readonly latent: number;
  /** What the head says of the residual stream there, best first. */
  readonly words: readonly Word[];
  /** The same under the edits of the last run; null where there was none. */
  readonly editedWords: readonly Word[] | null;
  readonly norm: number;
  /** What the latent looks at. */
  readonly attendsTo: AttentionSlice;
  /** Which positions look at the latent. */
  readonly attendedBy: AttentionSlice;
  readonly components: readonly ComponentView[];
  /** The word whose logit `toWord` is a part of, and that logit. */
  readonly word: { readonly id: number; readonly text: string; readonly logit: number };
}

/** Weights of one latent with other positions. */
export interface AttentionSlice {
  readonly positions: readonly PositionView[];
  /** `[head][position]`. */
  readonly weights: readonly (readonly number[])[];
}

/** Attention of all heads of one block. */
export interface AttentionView {
  readonly block: number;
  readonly heads: number;
  readonly run: "clean" | "edited";
  readonly positions: readonly PositionView[];
  /** `[head][query][key]`, 0 where the key comes after the query; each row sums to 1. */
  readonly values: Float32Array;
  /** Index of the position that predicts the first token of the answer's number; null where no number was read. */
  readonly beforeNumber: number | null;
}

/** How far a latent is from where it was without edits. */
export interface Movement {
  readonly latent: number;
  /** Length of the difference of the residual stream after the last block, divided by its length without edits. */
  readonly relative: number;
  /** Of the two states; 1 where they point the same way. */
  readonly cosine: number;
}

/** An answer under edits or a control. */
export interface Outcome {
  readonly answer: AnswerView;
  /** Does it read another value than without edits, or another text where neither has a value? */
  readonly changed: boolean;
  /** Log-probability of the answer without edits, teacher-forced, in nats, under this run less without edits; null where none was read. */
  readonly deltaLogProb: number | null;
  /** KL from the run without edits where the answer's number is predicted, in nats; null where none was read. */
  readonly kl: number | null;
  readonly latents: readonly Movement[];
  /** `[block][latent]`: length of the difference of the residual stream, divided by its length without edits. */
  readonly moved: readonly (readonly number[])[];
  /** What the head says after each latent, best first. */
  readonly words: readonly (readonly Word[])[];
}

/** The control in which nothing is changed, by the same path: every value at the edits' places is multiplied by 1. */
export interface IdentityView {
  readonly answer: AnswerView;
  /** Does every state and every token equal the run without edits, bit for bit? */
  readonly exact: boolean;
  /** Largest difference of a state's number; 0 where it is exact. */
  readonly largest: number;
}

/** What was done beside the edits, to compare with. */
export interface ControlsView {
  /** At the same places a change of the same length in a random direction, by draw; empty where there is no such place. */
  readonly random: readonly Outcome[];
  /** Why there is no random direction, in a sentence; null where there is. */
  readonly noRandom: string | null;
  readonly identity: IdentityView;
}

/** A question under the edits that are on, beside the run without them. */
export interface RunView {
  readonly state: LabState;
  readonly clean: CleanView;
  readonly edited: Outcome;
  /** Interventions as text, in their order; what was done. */
  readonly interventions: readonly string[];
  /** Null where no edit is on, and while they are being computed. */
  readonly controls: ControlsView | null;
  readonly durationMs: number;
}

/** One cell of a sweep. */
export interface SweepCell {
  readonly block: number;
  readonly latent: number;
  readonly answer: string;
  readonly value: AnswerView["value"];
  /** As in `Outcome`. */
  readonly changed: boolean;
  readonly deltaLogProb: number | null;
  readonly kl: number | null;
  /** Why the cell has no answer: its numbers were not finite. */
  readonly failure: string | null;
}

/** How far a sweep is. */
export interface SweepProgress {
  /** Those that came since the last call. */
  readonly cells: readonly SweepCell[];
  readonly done: number;
  readonly total: number;
}

/** One operation at every block and latent. */
export interface SweepView {
  readonly question: string;
  readonly operation: EditOperation;
  readonly blocks: number;
  readonly latents: number;
  readonly cells: readonly SweepCell[];
  readonly durationMs: number;
}

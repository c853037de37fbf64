/** What is shown of one run: its tokens, its answer, and states at a block and a latent. */

import { answerLimit, at, feedbackOf, type LabelledTensor, type LatentModel, type RunResult } from "../../browser.js";
import type { AnswerView, ModelView, PositionView, QuestionToken, Word } from "./types.js";

/** How many words are shown of what the head says. */
export const WORDS = 5;

/** The site that is read after every block. */
export const RESIDUALS = "blocks.*.hook_resid_post";

/** What the page has to know of a model. */
export function modelView(model: LatentModel): ModelView {
  const { name, config, codi, engine, protocol } = model;
  const { layers: blocks, heads, dModel, dHead, vocabSize: vocabulary, bosTokenId } = config;
  const loop = { latents: codi.numLatents, protocol, feedback: feedbackOf(model), hasBos: bosTokenId !== null };
  return { name, blocks, heads, ...loop, dModel, dHead, vocabulary, engine: engine.name };
}

/** How long an answer may be: the protocol's limit, or what the model's positions leave. */
export function limitOf(model: LatentModel, question: string): { readonly maxNewTokens: number } {
  return { maxNewTokens: answerLimit(model, question) };
}

/** The positions of a run, with what is read there. */
export function positionViews(model: LatentModel, { question, layout, promptIds, answer }: RunResult): PositionView[] {
  const eotIds = model.eotIds(question);
  const text = (part: PositionView["part"], { place, index }: { place: number; index: number }): string => {
    if (part === "latent") return "";
    if (part === "answer") return answer.tokens[index]?.text ?? "";
    return model.tokenizer.tokenText((part === "eot" ? eotIds[index] : promptIds[place]) ?? model.eosTokenId);
  };
  return layout.positions.map(({ part, index }, place) => ({
    name: layout.names[place] ?? "",
    part,
    text: text(part, { place, index }),
  }));
}

/** The question's tokens; pieces of what the vocabulary has no token for are marked. */
export function questionTokens(positions: readonly PositionView[], promptIds: readonly number[]): QuestionToken[] {
  const own = positions.filter(({ part }) => part === "question");
  const texts = own.map(({ text }) => text);
  return own.map((position, place) => ({
    ...position,
    id: promptIds[place] ?? 0,
    unknown: isPiece(texts, place),
  }));
}

// A letter that stands directly behind another token's letter: the word was cut.
function isPiece(texts: readonly string[], place: number): boolean {
  const [before = "", own = "", after = ""] = [texts[place - 1], texts[place], texts[place + 1]];
  if (own.includes("\uFFFD")) return true;
  const joins = (left: string, right: string): boolean => /[\p{L}\p{M}]$/u.test(left) && /^[\p{L}\p{M}]/u.test(right);
  return joins(before, own) || joins(own, after);
}

/** A run's answer. */
export function answerView({ answer }: RunResult): AnswerView {
  const { text, tokens, value, numberToken, finish } = answer;
  const words = tokens.map(({ id, text: word, logProb, margin }) => ({
    id,
    text: word,
    probability: Math.exp(logProb),
    margin,
  }));
  return { text, words, value, numberWord: numberToken, finish };
}

/** What a run's own lens says at BOT and after each latent. */
export function lensWords({ lens }: RunResult): ReadonlyMap<string, readonly Word[]> {
  return new Map(
    lens.map(({ at, top }) => [at, top.map(({ id, text, logProb }) => ({ id, text, probability: Math.exp(logProb) }))]),
  );
}

/** What the head says of states, best first. @param states `[cells, dModel]`. */
export async function wordsOf(model: LatentModel, states: Float32Array): Promise<Word[][]> {
  const readings = await model.logitLens(states, { best: WORDS });
  return readings.map(({ best }) =>
    best.map(({ id, logProb }) => ({ id, text: model.tokenizer.tokenText(id), probability: Math.exp(logProb) })),
  );
}

/** The residual stream after each block at each latent, `[layer, position, dModel]`, of a model that has latents; the run captured `RESIDUALS`. */
export function statesOf({ captures }: RunResult): LabelledTensor<readonly ["layer", "position", "dModel"]> {
  return captures.at(RESIDUALS, at.latent());
}

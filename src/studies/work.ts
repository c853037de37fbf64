/** What studies compute beside the conditions of a run: for a plan's time, and so that workers share it out. Nothing here is measured. */

import type { DecoderConfig } from "../model/decoder/config.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";

/** Forwards of the same size through all blocks, one after the other. */
export interface Work {
  /** Token positions of each. */
  readonly cells: number;
  /** How many; a way back counts as two. */
  readonly forwards: number;
  /** States whose logits are read after them. */
  readonly heads?: number;
}

/** What is known when work is planned. */
export interface WorkFacts {
  readonly config: DecoderConfig;
  readonly protocol: AnyProtocol;
  readonly numLatents: number;
  readonly eotTokens: number;
  /** Tokens that an answer is taken to have. */
  readonly answerTokens: number;
  /** Problems of the run. */
  readonly problems: number;
  /** Every problem is read, also by studies that read some of them otherwise. */
  readonly wholeSample?: true;
}

/** A problem of the run. */
export interface SizedProblem {
  /** Its place in the sample. */
  readonly index: number;
  /** Of its prompt. */
  readonly tokens: number;
}

/** A forward and its way back. */
export const WITH_GRADIENT = 3;
/** A forward that carries a direction along. */
export const WITH_TANGENT = 2;

/** Rows that go through the model together. */
export interface WorkRows {
  readonly rows: number;
  /** Prompts that are fed; default: one a row. */
  readonly prompts?: number;
  /** Of each prompt. */
  readonly tokens: number;
  /** Whether EOT and an answer follow the latents. */
  readonly hasAnswer?: boolean;
  /** What each position takes, in forwards; default 1. */
  readonly passes?: number;
  /** Of the prompts; default: as any position. */
  readonly promptPasses?: number;
}

/** The work of rows: prompts at once, latents one after the other, EOT and the answer at once. */
export function workOfRows(
  { numLatents, eotTokens, answerTokens }: Pick<WorkFacts, "numLatents" | "eotTokens" | "answerTokens">,
  { rows, prompts = rows, tokens, hasAnswer = false, passes = 1, promptPasses = passes }: WorkRows,
): Work[] {
  const answer = { cells: rows * (eotTokens + answerTokens - 1), forwards: passes, heads: rows * answerTokens };
  return [
    { cells: prompts * tokens, forwards: promptPasses },
    { cells: rows, forwards: passes * numLatents },
    ...(hasAnswer ? [answer] : []),
  ];
}

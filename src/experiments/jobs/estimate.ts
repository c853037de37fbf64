/** What a plan takes: the time of its parts from step rates measured on this machine. */

import type { DecoderConfig } from "../../model/decoder/config.js";
import { forwardMs, headMs, type StepRate } from "../../model/latent/plan/rates.js";
import type { TreeCost } from "../../model/latent/plan/tree-cost.js";

/** What the layout depends on. */
export interface Layout {
  readonly config: DecoderConfig;
  readonly numLatents: number;
  readonly eotTokens: number;
  readonly maxNewTokens: number;
  readonly rows: number;
  /** Problems that are packed into batches together; with 1 each is a batch of its own. */
  readonly batchProblems: number;
  readonly promptOf: (question: string) => number[];
  /** Texts of the question's positions. */
  readonly tokensOf: (question: string) => string[];
}

/** An answer is taken to have so many tokens. */
export const ANSWER_TOKENS = 8;

/** One batch's cost, the prompt lengths of its rows (none: what studies compute of their own), and how many latents they have. */
export interface BatchCost extends TreeCost {
  readonly latents: number;
  readonly prompts: readonly number[];
}

/** Seconds of batches, every answer taken to have as many tokens as planned. */
export function secondsOf(costs: readonly TreeCost[], rates: readonly StepRate[]): number {
  const ms = costs.map(
    ({ forwards, heads }) =>
      forwards.reduce((sum, { cells, share }) => sum + share * forwardMs(rates, cells), 0) +
      heads.reduce((sum, cells) => sum + headMs(rates, cells), 0),
  );
  return ms.reduce((sum, each) => sum + each, 0) / 1000;
}

/** Seconds of the plain loop: every condition of every problem by itself, prompt at once, then token by token with a cache. */
export function secondsApart(
  costs: readonly BatchCost[],
  rates: readonly StepRate[],
  { eotTokens }: Pick<Layout, "eotTokens">,
): number {
  const after = (latents: number): number =>
    (latents + eotTokens + ANSWER_TOKENS - 1) * forwardMs(rates, 1) + ANSWER_TOKENS * headMs(rates, 1);
  const ms = costs.flatMap(({ prompts, latents }) =>
    prompts.map((length) => forwardMs(rates, length) + after(latents)),
  );
  const own = costs.filter(({ prompts }) => prompts.length === 0);
  return ms.reduce((sum, each) => sum + each, 0) / 1000 + secondsOf(own, rates);
}

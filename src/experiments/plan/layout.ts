/** How a run's batches are laid out, from the tokenizer alone. */

import { eotTokensOf, type PromptParts, promptIdsOf } from "../../model/latent/prompt.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Layout } from "../jobs/estimate.js";
import type { Problem } from "../problems/problem.js";
import { runTokenizer } from "./run-tokenizer.js";
import type { Setup } from "./setup.js";

/** Problems that are packed into batches together: more than any batch has rows for, so that all batches are full. */
export const BATCH_PROBLEMS = 128;

/** Problems that are packed together, in the order in which they run. @param most of a layout. */
export function inBatches<T>(problems: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(problems.length / most) }, (_, batch) =>
    problems.slice(batch * most, (batch + 1) * most),
  );
}

/** What a layout is made from: a checkpoint before its weights are read, or a loaded model. */
export interface LayoutModel extends PromptParts {
  readonly config: Layout["config"];
}

/** What of a run its layout depends on. */
type LaidOut = Pick<Setup, "model" | "fingerprint" | "rows" | "batchProblems">;

const made = new WeakMap<LaidOut, Layout>();

/** What the parts of a run depend on; the same one for the same run, so that prompts are tokenised once. */
export function layoutOf(run: LaidOut): Layout {
  const layout = made.get(run) ?? newLayout(run);
  made.set(run, layout);
  return layout;
}

function newLayout({ model, fingerprint, rows, batchProblems }: LaidOut): Layout {
  const { checkpoint, protocol } = model;
  const { config, codi, eosTokenId } = checkpoint;
  const { maxNewTokens } = fingerprint;
  return layoutFor(
    { config, codi, eosTokenId, protocol, tokenizer: runTokenizer(checkpoint) },
    { maxNewTokens, rows, batchProblems },
  );
}

/** The same for any model. */
export function layoutFor(
  { config, codi, eosTokenId, protocol, tokenizer }: LayoutModel,
  run: Pick<Layout, "maxNewTokens" | "rows"> & Partial<Pick<Layout, "batchProblems">>,
): Layout {
  const parts = { codi, eosTokenId, protocol, tokenizer };
  const prompts = new Map<string, number[]>();
  const promptOf = (question: string): number[] => {
    const ids = prompts.get(question) ?? promptIdsOf(parts, question);
    prompts.set(question, ids);
    return ids;
  };
  return {
    config,
    numLatents: codi.numLatents,
    eotTokens: eotTokensOf(parts),
    ...run,
    batchProblems: protocolOf(protocol).studies.sharesBatches ? (run.batchProblems ?? BATCH_PROBLEMS) : 1,
    promptOf,
    tokensOf: (question) =>
      promptOf(question)
        .slice(0, -1)
        .map((id) => tokenizer.decode([id])),
  };
}

// Enough for a mean, and quickly run.
const MOST_REFERENCES = 32;

/** Questions of the problems that others draw on: the first of the sample, so that a place among them is the problem's `index`. */
export function referenceOf(problems: readonly Pick<Problem, "question">[]): string[] {
  return problems.slice(0, MOST_REFERENCES).map(({ question }) => question);
}

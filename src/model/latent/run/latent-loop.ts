/** A run from the prompt to the answers: the latents' passes, then what is read of them, then EOT and the answers. */

import { concat } from "../../tensor/ops.js";
import { tf } from "../../tensor/tf.js";
import type { PlannedRows } from "../plan/rows.js";
import type { LoopCounts } from "../run-types.js";
import { answerAll } from "./decode-answers.js";
import { Head } from "./head.js";
import { disposeState, type LensStates, runLatentPasses } from "./latent-passes.js";
import { type LoopModel, type LoopOptions, type LoopRun, outcomeOf, type RowOutcome } from "./loop.js";
import { nonFinite } from "./top-tokens.js";

const LENS_TOKENS = 5;

/**
 * Runs all rows to their answers.
 *
 * @returns an outcome a row.
 * @throws UsageError from a hook, or when a sequence is too long.
 */
export async function runLatentLoop(
  model: LoopModel,
  plan: PlannedRows,
  options: LoopOptions,
): Promise<{ outcomes: RowOutcome[]; counts: LoopCounts }> {
  const run = loopRun(model, plan, options);
  const { state, lens } = runLatentPasses(run);
  try {
    await options.hooks.flush();
    await readLens(run, lens);
    await answerAll(run, state);
    return { outcomes: [...run.outcomes], counts: run.counts };
  } finally {
    disposeState(state);
    tf.dispose(lens.map(({ hidden }) => hidden));
  }
}

/** What the parts of one run share, before anything is computed. */
export function loopRun(model: LoopModel, plan: PlannedRows, options: LoopOptions): LoopRun {
  const { rows } = plan;
  return {
    model,
    plan,
    options,
    frame: {
      rows,
      hasBot: model.protocol.hasBot,
      latents: model.numLatents,
      eotTokens: model.eotTokens,
      prefillColumns: rows.reduce((longest, row) => Math.max(longest, row.promptIds.length), 0),
    },
    head: new Head(model.decoder, model.logitRows, options.hooks),
    outcomes: rows.map(() => ({ ids: [], tops: [], lens: [], finish: "limit", failure: null, score: null })),
    counts: { tokenForwards: 0, verified: 0, agreed: 0, mostCells: 0 },
  };
}

/** All states in as few products as they fit into: one of few columns takes as long as one of some more. */
async function readLens(run: LoopRun, lens: readonly LensStates[]): Promise<void> {
  const cells = lens.flatMap(({ at, groups }) => groups.map(({ rows }) => ({ at, rows })));
  if (cells.length === 0) return;
  const all = tf.tidy(() =>
    concat(
      lens.map(({ hidden }) => hidden.clone()),
      1,
    ),
  );
  for (const [i, top] of (await run.head.plainTops(all, LENS_TOKENS)).entries()) {
    const { at, rows } = cells[i] as (typeof cells)[number];
    for (const id of rows) {
      const outcome = outcomeOf(run, id);
      outcome.failure ??= nonFinite(top, at);
      outcome.lens.push({ at, top });
    }
  }
}

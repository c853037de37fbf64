/** The forward that derivatives are taken of: prompt, latents, EOT and given answer tokens, with the run's own interventions. */

import type { Observer, Tap } from "../../hooks/observer.js";
import { RunHooks } from "../../hooks/run-hooks.js";
import type { Writer } from "../../hooks/writer.js";
import type { OpRecorder } from "../../tensor/recording.js";
import { recordingWith } from "../../tensor/recording.js";
import type { SequenceLayout } from "../layout.js";
import { mostCellsFor } from "../plan/packing.js";
import type { PlannedRows } from "../plan/rows.js";
import { checkAddressed, compileWriters, firedOf } from "../run/compile-writers.js";
import { forcedPass } from "../run/forced-pass.js";
import { loopRun } from "../run/latent-loop.js";
import { disposeState, runLatentPasses } from "../run/latent-passes.js";
import type { LoopModel } from "../run/loop.js";
import type { Batch } from "../run-types.js";

/** A batch whose rows are laid out. */
export interface PlannedForward {
  readonly loop: LoopModel;
  readonly batch: Batch;
  readonly plan: PlannedRows;
  /** By question, the tokens that are fed after EOT. */
  readonly answers: readonly (readonly number[])[];
  /** By question, its row and the positions of it. */
  readonly rows: readonly { readonly row: number; readonly layout: SequenceLayout }[];
}

/** Runs it while a recorder hears of every op, and reads to the host what observers keep. @throws UsageError for an intervention that does not fit. */
export async function runForward(
  { loop, batch, plan, answers, rows }: PlannedForward,
  { observers, recorder }: { readonly observers: readonly (Observer | Tap)[]; readonly recorder: OpRecorder },
): Promise<void> {
  const writers = compileWriters(loop, batch, plan.rowsOfCondition);
  const longest = answers.reduce((most, { length }) => Math.max(most, length), 0);
  for (const writer of writers) checkAddressed(writer, plan.rows, { loop, numbers: batch.numbers, limit: longest + 1 });
  const hooks = new RunHooks(
    writers,
    observers,
    plan.rows.map(({ question }) => question),
  );
  try {
    recordingWith(recorder, () => pass({ loop, plan, answers }, hooks));
    await hooks.flush();
    checkFired({ loop, rows }, { hooks, writers });
  } finally {
    hooks.dispose();
  }
}

function pass({ loop, plan, answers }: Pick<PlannedForward, "loop" | "plan" | "answers">, hooks: RunHooks): void {
  const run = loopRun(loop, plan, {
    hooks,
    maxNewTokens: 1,
    mostCells: mostCellsFor(loop.decoder.config),
    lens: new Set(),
    verify: false,
    knownAnswer: () => [],
    targetOf: null,
    scoreFirstToken: false,
  });
  const { state } = runLatentPasses(run);
  try {
    // The last token of a forced pass is only predicted.
    const tokensOf = (id: number): readonly number[] => [...(answers[plan.rows[id]?.question ?? -1] ?? []), 0];
    const forced = forcedPass(run, state.cache.fork(), { part: state, tokensOf, counts: true });
    try {
      run.head.visit(forced.hidden, forced.step);
    } finally {
      forced.dispose();
    }
  } finally {
    disposeState(state);
  }
}

function checkFired(
  { loop, rows }: Pick<PlannedForward, "loop" | "rows">,
  acted: { readonly hooks: RunHooks; readonly writers: readonly Writer[] },
): void {
  for (const { row, layout } of rows) firedOf({ row, ...acted }, layout, loop);
}

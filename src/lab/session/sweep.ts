/** One operation at every block and latent, a few rows of one batch at a time: the first cells come soon. */

import type { LatentModel, RunResult } from "../../browser.js";
import type { Edit, EditOperation, LabState } from "../edits/edit.js";
import type { EditOptions } from "../edits/run-options.js";
import type { CleanRun } from "./clean-runs.js";
import { CLEAN, scored } from "./edited-run.js";
import { compared } from "./outcome.js";
import { modelView } from "./read.js";
import { breath } from "./turns.js";
import type { SweepCell, SweepProgress, SweepView } from "./types.js";

/** How a sweep is followed and stopped. */
export interface SweepOptions {
  readonly operation: EditOperation;
  /** Which position's look at the latents is cut, where the operation is `cut`. Default: EOT. */
  readonly query?: string;
  readonly onProgress?: (progress: SweepProgress) => void;
  readonly signal?: AbortSignal;
}

/** The state with one edit a cell, block by block, in place of its own edits. */
export function sweptState(model: LatentModel, state: LabState, { operation, query = "eot" }: SweepOptions): LabState {
  const { blocks, latents } = modelView(model);
  const edits = Array.from({ length: blocks * latents }, (_, id): Edit => {
    const [block, latent] = [Math.floor(id / latents), id % latents];
    const target: Edit["target"] =
      operation.kind === "cut"
        ? { kind: "edge", block, head: null, query, key: `latent.${latent}` }
        : { kind: "cell", block, latent };
    return { id, target, operation, on: true };
  });
  return { ...state, edits };
}

// Of a small model most of a pass's time does not depend on its rows: 96 cells by 48 take a third of the time of 96 by 6.
const FIRST_ROWS = 6;
const MOST_ROWS = 48;

/** What is swept. */
export interface PlannedSweep {
  readonly clean: CleanRun;
  /** One intervention a cell. */
  readonly options: EditOptions;
}

/** @throws the signal's reason between two batches. */
export async function sweep(
  model: LatentModel,
  { clean, options }: PlannedSweep,
  given: SweepOptions,
): Promise<SweepView> {
  const { operation, onProgress, signal } = given;
  const started = performance.now();
  const { blocks, latents } = modelView(model);
  const { question } = clean.result;
  const { interventions, ...sources } = options;
  const cells: SweepCell[] = [];
  for (let rows = FIRST_ROWS; cells.length < interventions.length; rows = Math.min(2 * rows, MOST_ROWS)) {
    await breath(signal);
    const first = cells.length;
    const conditions = interventions
      .slice(first, first + rows)
      .map((intervention, i) => ({ name: `cell ${first + i}`, interventions: [intervention] }));
    const [runs] = await model.runConditions([question], [CLEAN, ...conditions], {
      ...sources,
      ...scored(model, clean),
    });
    const [own, ...edited] = runs ?? [];
    if (own === undefined) throw new RangeError("The batch gave no run");
    const found = edited.map((run, i) => cellOf({ run, clean: own }, { place: first + i, latents }));
    cells.push(...found);
    onProgress?.({ cells: found, done: cells.length, total: interventions.length });
  }
  return { question, operation, blocks, latents, cells, durationMs: performance.now() - started };
}

function cellOf(
  { run, clean }: { readonly run: RunResult; readonly clean: RunResult },
  { place, latents }: { readonly place: number; readonly latents: number },
): SweepCell {
  const [block, latent] = [Math.floor(place / latents), place % latents];
  const { text: answer, value } = run.answer;
  if (run.failure === null) return { block, latent, answer, value, ...compared({ run, clean }), failure: null };
  return {
    block,
    latent,
    answer,
    value: null,
    changed: true,
    deltaLogProb: null,
    kl: null,
    failure: run.failure.message,
  };
}

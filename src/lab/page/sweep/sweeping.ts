/** The sweep that runs or ran: its cells as they come, and for what state. */

import { computed, signal } from "@preact/signals";
import type { EditOperation, LabState } from "../../edits/edit.js";
import type { SweepCell } from "../../session/types.js";
import { during } from "../live.js";
import { announce } from "../parts/live.js";
import { fail, lab } from "../state.js";
import { worker } from "../worker.js";

/** A map that is filled. */
export interface Sweeping {
  readonly operation: EditOperation;
  /** What it was computed of; with another state the map is not true any more. */
  readonly key: string;
  readonly cells: readonly SweepCell[];
  readonly total: number | null;
  /** Does it still run? */
  readonly isRunning: boolean;
}

/** The last sweep; null before the first. */
export const sweeping = signal<Sweeping | null>(null);

let controller = new AbortController();

/** Is the map of what is on show now? */
export const isCurrent = computed(
  () => sweeping.value !== null && sweeping.value.key === keyOf(lab.value, sweeping.value.operation),
);

/** What a sweep depends on: the state's own edits take no part. */
function keyOf({ question, directions, seed }: LabState, operation: EditOperation): string {
  return JSON.stringify([question, operation, seed, operation.kind === "steer" ? directions : null]);
}

/** Sweeps an operation over all cells; a sweep that runs is stopped. */
export async function startSweep(operation: EditOperation): Promise<void> {
  controller.abort();
  controller = new AbortController();
  const { signal } = controller;
  const state = lab.value;
  sweeping.value = { operation, key: keyOf(state, operation), cells: [], total: null, isRunning: true };
  const set = (next: Partial<Sweeping>): void => {
    if (!signal.aborted && sweeping.value !== null) sweeping.value = { ...sweeping.value, ...next };
  };
  try {
    const view = await during({ what: "the sweep", controller }, () =>
      worker.call(
        "sweep",
        { state, operation },
        {
          signal,
          onPart: ({ cells, total }) => set({ cells: [...(sweeping.value?.cells ?? []), ...cells], total }),
        },
      ),
    );
    set({ cells: view.cells });
    announce(
      `The sweep is done: ${view.cells.filter(({ changed }) => changed).length} of ${view.cells.length} cells change the answer`,
    );
  } catch (error) {
    fail(error);
  } finally {
    if (controller.signal === signal && sweeping.value !== null)
      sweeping.value = { ...sweeping.value, isRunning: false };
  }
}

/** Stops it; the cells that came stay. */
export function stopSweep(): void {
  controller.abort();
  announce("The sweep was stopped");
}

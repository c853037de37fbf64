/** How often each hook of a run acted on each row: what is held against how often it was to. */

import { type Patch, positionName, type Step } from "./step.js";
import type { Writer } from "./writer.js";

/** Counts by site and identity, row and position. */
export class FiredBook {
  readonly #counts: ReadonlyMap<string, Map<number, Map<string, number>>>;

  constructor(writers: readonly Writer[]) {
    this.#counts = new Map(writers.map((writer) => [keyOf(writer), new Map()]));
  }

  /** A writer has acted. Steps beside the sequence do not count. */
  count(writer: Writer, step: Step, patch: Patch): void {
    if (!step.counts) return;
    const counts = this.#counts.get(keyOf(writer));
    for (const row of patch.rows) {
      const cells = (step.positions[row] ?? []).slice(patch.begin, patch.begin + patch.length);
      for (const id of step.members[row] ?? []) {
        const own = counts?.get(id) ?? new Map<string, number>();
        counts?.set(id, own);
        for (const cell of cells)
          if (cell !== null) own.set(positionName(cell), (own.get(positionName(cell)) ?? 0) + 1);
      }
    }
  }

  /** How often a writer acted on a row, counted in positions. */
  on(writer: Writer, row: number): number {
    return [...(this.#counts.get(keyOf(writer))?.get(row)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }

  /** Takes back what acted on a row at answer tokens from `answer` on. */
  retract(row: number, answer: number): void {
    for (const byRow of this.#counts.values()) {
      const counts = byRow.get(row);
      for (const name of counts?.keys() ?? [])
        if (name.startsWith("answer.") && Number(name.slice("answer.".length)) >= answer) counts?.delete(name);
    }
  }
}

function keyOf({ site, identity }: Writer): string {
  return `${site.name} ${identity}`;
}

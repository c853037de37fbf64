/** What the latents and EOT of a clean run pay attention to: the whole row of the pattern, keys by name. */

import type { ParsedSite } from "../hooks/names.js";
import type { Observer } from "../hooks/run-hooks.js";
import { positionName, type Step } from "../hooks/step.js";
import { tf } from "../tensor/tf.js";
import type { SequenceLayout } from "./layout.js";

/** One layer: `values[(reader * heads + head) * keys + key]`, 0 where the key comes after the reader. */
export interface Reading {
  /** `latent.0` …, `eot`. */
  readonly readers: readonly string[];
  /** `question.0` …, `bot`, `latent.0` …; what comes later is no key of any reader. */
  readonly keys: readonly string[];
  readonly heads: number;
  readonly values: Float32Array;
}

interface Row {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly step: Step;
  /** Of the step, and of what was read out of it. */
  readonly batchRow: number;
  readonly place: number;
  readonly column: number;
}

/** Keeps the pattern's rows of latents and EOT, of the clean rows only. */
export class ReadingRecorder {
  readonly observer: Observer;
  readonly #byRow = new Map<number, Map<string, Row>>();

  constructor(
    readonly layer: number,
    site: ParsedSite,
    readonly cleanRows: ReadonlySet<number>,
  ) {
    this.observer = {
      site,
      wants: (step) =>
        step.positions.some((cells) => cells.some((cell) => cell?.part === "latent" || cell?.part === "eot")) &&
        this.#clean(step).length > 0,
      reduce: (pattern, step) => {
        const chosen = this.#clean(step);
        return chosen.length === step.rows ? pattern : tf.gather(pattern, tf.tensor1d(chosen, "int32"), 0);
      },
      store: (values, shape, step) => this.#store(values, shape, step),
    };
  }

  /** @returns null for a row that is not clean. */
  of(row: number, layout: SequenceLayout): Reading | null {
    const read = this.#byRow.get(row);
    if (read === undefined) return null;
    const keys = layout.positions.filter(({ part }) => part !== "eot" && part !== "answer");
    const readers = [...read.keys()];
    const heads = [...read.values()][0]?.shape[1] ?? 0;
    const values = new Float32Array(readers.length * heads * keys.length);
    for (const [reader, cell] of [...read.values()].entries()) {
      const [, , columns = 0, width = 0] = cell.shape;
      for (const [key, position] of keys.entries()) {
        const keyColumn = cell.step.keyColumn(cell.batchRow, position);
        if (keyColumn === null || keyColumn >= width) continue;
        for (let head = 0; head < heads; head++)
          values[(reader * heads + head) * keys.length + key] =
            cell.values[((cell.place * heads + head) * columns + cell.column) * width + keyColumn] ?? 0;
      }
    }
    return { readers, keys: keys.map(positionName), heads, values };
  }

  #clean(step: Step): number[] {
    return step.members.flatMap((ids, row) => (ids.some((id) => this.cleanRows.has(id)) ? [row] : []));
  }

  #store(values: Float32Array, shape: readonly number[], step: Step): void {
    for (const [place, batchRow] of this.#clean(step).entries())
      for (const [column, cell] of (step.positions[batchRow] ?? []).entries()) {
        if (cell === null || (cell.part !== "latent" && cell.part !== "eot")) continue;
        // With EOS after EOT the answer is predicted from the last of the two.
        const name = cell.part === "eot" ? "eot" : positionName(cell);
        for (const id of step.members[batchRow] ?? []) {
          if (!this.cleanRows.has(id)) continue;
          const byReader = this.#byRow.get(id) ?? new Map<string, Row>();
          byReader.set(name, { values, shape, step, batchRow, place, column });
          this.#byRow.set(id, byReader);
        }
      }
  }
}

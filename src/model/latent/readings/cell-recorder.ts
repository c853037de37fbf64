/** What one site has at chosen positions of the clean rows, cell by cell. */

import { blockSite, type ParsedSite, parseSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { type Position, positionName, type Step } from "../../hooks/step.js";
import { gather, reshape } from "../../tensor/ops.js";
import type { Tensor } from "../../tensor/tf.js";
import type { Reading } from "./reading.js";

/** One kept cell, and where it came from. */
export interface CleanCell {
  readonly position: Position;
  readonly values: Float32Array;
  readonly step: Step;
  readonly batchRow: number;
}

/** How cells are kept. */
export interface CleanCellOptions {
  readonly cleanRows: ReadonlySet<number>;
  readonly keep: (position: Position) => boolean;
  /** `[batch, position, …]` of the whole site; default: as it is. */
  readonly arrange?: (x: Tensor) => Tensor;
  /** `[cells, …]` of the chosen cells → what is kept of each; default: as it is. */
  readonly reduce?: (cells: Tensor) => Tensor;
}

/** Collects a site's values at some positions of the clean rows; nothing else is read out. */
export class CleanCellRecorder {
  readonly observer: Observer;
  readonly #byRow = new Map<number, Map<string, CleanCell>>();
  readonly #options: CleanCellOptions;

  constructor(at: ParsedSite, options: CleanCellOptions) {
    this.#options = options;
    const { arrange = (x) => x, reduce = (x) => x } = options;
    this.observer = {
      site: at,
      wants: (step) => this.#chosen(step).length > 0,
      reduce: (x, step) => {
        const site = arrange(x);
        const [rows = 0, columns = 0, ...tail] = site.shape;
        const flat = reshape(site, [rows * columns, ...tail] as [number, number]);
        const cells = this.#chosen(step).map(({ row, column }) => row * columns + column);
        return reduce(cells.length === rows * columns ? flat : gather(flat, cells, 0));
      },
      store: (values, [cells = 1], step) => this.#store(values, values.length / cells, step),
    };
  }

  /** @returns the row's cells by position name; none for a row that is not clean. */
  of(row: number): ReadonlyMap<string, CleanCell> {
    return this.#byRow.get(row) ?? new Map();
  }

  #chosen(step: Step): { row: number; column: number; position: Position }[] {
    return step.members.flatMap((ids, row) =>
      ids.some((id) => this.#options.cleanRows.has(id))
        ? (step.positions[row] ?? []).flatMap((position, column) =>
            position !== null && this.#options.keep(position) ? [{ row, column, position }] : [],
          )
        : [],
    );
  }

  #store(values: Float32Array, size: number, step: Step): void {
    for (const [place, { row, position }] of this.#chosen(step).entries())
      for (const id of step.members[row] ?? []) {
        if (!this.#options.cleanRows.has(id)) continue;
        const cells = this.#byRow.get(id) ?? new Map<string, CleanCell>();
        const kept = values.subarray(place * size, (place + 1) * size);
        cells.set(positionName(position), { position, values: kept, step, batchRow: row });
        this.#byRow.set(id, cells);
      }
  }
}

/** The residual stream after the last block at each latent, of every row: what the latent hands on. */
export const latentStates: Reading<readonly Float32Array[]> = {
  name: "latent-states",
  start: ({ decoder, rows }) => {
    const { layers } = decoder.config;
    const cells = new CleanCellRecorder(parseSite(blockSite(layers - 1, "hook_resid_post"), layers), {
      cleanRows: new Set(Array.from({ length: rows }, (_, row) => row)),
      keep: ({ part }) => part === "latent",
    });
    return {
      observers: [cells.observer],
      of: (row) => [...cells.of(row).values()].map(({ values }) => values),
    };
  },
};

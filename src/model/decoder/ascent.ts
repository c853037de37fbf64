/**
 * A forward whose rows multiply on the way up: rows that differ from some height on share everything below it. Heights: 0 is what
 * enters the model, then each block's inside and its output, then the final norm.
 */

import type { Step } from "../hooks/step.js";
import { gather } from "../tensor/ops.js";
import type { Tensor2D } from "../tensor/tf.js";
import { ENTRY, levelShare } from "./heights.js";
import { identity, type RowMap } from "./row-map.js";

/** The rows from one height on. */
export interface Level {
  readonly height: number;
  readonly step: Step;
  /** The row of the level below that each row continues; of the first level, unused. */
  readonly order: RowMap;
}

/** Walks the levels of one forward. */
export class Ascent {
  #place = 0;

  /** @param levels lowest first; the first at `ENTRY`. */
  constructor(readonly levels: readonly Level[]) {}

  /** A forward whose rows stay what they are. */
  static flat(step: Step): Ascent {
    return new Ascent([{ height: ENTRY, step, order: identity(step.rows) }]);
  }

  /** Number of the present level. */
  get place(): number {
    return this.#place;
  }

  /** The present rows. */
  get step(): Step {
    return (this.levels[this.#place] as Level).step;
  }

  /** Do the present rows stay what they are up to a height? */
  isFlatUpTo(height: number): boolean {
    const next = this.levels[this.#place + 1];
    return next === undefined || next.height > height;
  }

  /** The rows that come out. */
  get last(): Step {
    return (this.levels.at(-1) as Level).step;
  }

  /** Goes up to a height; columns `[features, cells]` of the rows below become those of the rows there. */
  climb(height: number, x: Tensor2D): Tensor2D {
    let value = x;
    for (;;) {
      const next = this.levels[this.#place + 1];
      if (next === undefined || next.height > height) return value;
      this.#place += 1;
      value = gather(value, cellsOf(next.order, next.step.columns), 1);
    }
  }

  /** For each row of level `to`, the row of level `from` that it comes from. */
  between(from: number, to: number): RowMap {
    let map: RowMap = identity((this.levels[to] as Level).step.rows);
    for (let level = to; level > from; level--) {
      const { order } = this.levels[level] as Level;
      map = map.map((row) => order[row] ?? 0);
    }
    return map;
  }
}

/** Cells of rows: row r has the cells `r * columns` to `r * columns + columns - 1`. */
export function cellsOf(rows: RowMap, columns: number): number[] {
  return rows.flatMap((row) => Array.from({ length: columns }, (_, column) => row * columns + column));
}

/** Token positions that the forward takes through the blocks; a row that joins half-way up counts half. */
export function tokenForwards({ levels }: Pick<Ascent, "levels">, layers: number): number {
  return levels.reduce(
    (total, { height, step }, place) =>
      total + step.rows * step.columns * levelShare(height, levels[place + 1]?.height ?? null, layers),
    0,
  );
}

/** What a sweep gave: a table of problems and cells, with its means, intervals and tests. */

import { UsageError } from "../../base/errors.js";
import type { Estimate } from "../../statistics/estimate.js";
import { holm } from "../../statistics/holm.js";
import { cellName, placeOf } from "./axes.js";
import { type CellData, parseSweepData, type SweepData } from "./data.js";
import { isCompared, type Value } from "./measures.js";
import type { BaselineRow, CellOf, ControlName, CountedName, Measure, Over, SomeCells, SweepRow } from "./spec.js";
import { type Column, intervalOf, meanOf, type SweepTest, testOf } from "./statistics.js";

/** What a cell is compared with, and over how many tests its p is adjusted. */
export interface TestOptions<O extends Over, C extends ControlName> {
  /** The same problems without intervention, this cell's control, or another cell. Default `baseline`. */
  readonly against?: "baseline" | C | CellOf<O>;
  /** Adjust p by Holm over all cells of the sweep. Default false. */
  readonly holm?: boolean;
}

/** One cell: its rows, and what is said of them. */
export interface SweepCell<O extends Over, M extends Measure, C extends ControlName> {
  readonly cell: CellOf<O>;
  /** What was done, as text. */
  readonly done: readonly string[];
  rows(): SweepRow<O, M>[];
  /** Null where nothing was measured. */
  mean(measure: CountedName<M>): number | null;
  interval(measure: CountedName<M>): Estimate;
  test(measure: CountedName<M>, options?: TestOptions<O, C>): SweepTest;
}

/** A problem whose run failed in one cell: it is in no row. */
export interface FailedRun {
  readonly problem: string;
  /** The cell in words, or `baseline`. */
  readonly condition: string;
  readonly message: string;
}

/** The table of a sweep. Its rows are flat objects, one for each problem and cell. */
export class SweepResult<O extends Over = Over, M extends Measure = Measure, C extends ControlName = ControlName> {
  readonly #data: SweepData;
  /** Which of the data's cells this result shows: the sweep's own, or those of one control. */
  readonly #control: ControlName | null;

  /** @param control whose cells are shown; null: the sweep's own. */
  constructor(data: SweepData, control: ControlName | null = null) {
    this.#data = data;
    this.#control = control;
  }

  /**
   * A result as `toJSON` wrote it.
   *
   * @throws BadInputError where the text holds none.
   */
  static fromJSON(text: string): SweepResult {
    return new SweepResult(parseSweepData(text));
  }

  /** Names of the axes, in the order of `over`. */
  get axes(): readonly (keyof O & string)[] {
    return this.#data.axes.map(({ name }) => name);
  }

  /** Names of the measures. */
  get measures(): readonly string[] {
    return this.#data.measures;
  }

  /** Ids of the problems, in their order. */
  get problems(): readonly string[] {
    return this.#data.problems.map(({ id }) => id);
  }

  /** Runs whose numbers were not finite; they are in no row and count nowhere. */
  get failed(): readonly FailedRun[] {
    return this.#data.failed;
  }

  /** One row for each problem and cell, cell by cell; failed runs are left out. */
  rows(): SweepRow<O, M>[] {
    return this.#cells.flatMap((cell) => this.#rowsOf(cell));
  }

  /** The cells that apply. */
  cells(): SweepCell<O, M, C>[] {
    return this.#cells.map((cell) => this.#view(cell));
  }

  /**
   * One cell.
   *
   * @throws UsageError for an axis or a value that the sweep does not have, and for a cell that does not apply.
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { latent: range(2) },
   *   do: ({ latent }) => `zero:blocks.8.hook_resid_post@latent.${latent}`,
   * });
   * result.at({ latent: 1 }).rows().length // → 3
   * ```
   */
  at(cell: CellOf<O>): SweepCell<O, M, C> {
    return this.#view(this.#find(cell));
  }

  /** The problems without intervention, a row each. */
  get baseline(): readonly BaselineRow<M>[] {
    const { problems, baseline } = this.#data;
    return problems.flatMap(({ id }, place) => {
      const values = baseline[place] ?? null;
      return values === null ? [] : [{ problem: id, ...this.#named(values) } as BaselineRow<M>];
    });
  }

  /** The controls, each as a result with the same axes: what was done at the place of each cell. */
  get controls(): { readonly [Name in C]: SweepResult<O, M, never> } {
    const names = new Set(this.#data.cells.flatMap(({ control }) => control ?? []));
    return Object.fromEntries(
      [...names].map((name) => [name, new SweepResult(this.#data, name as ControlName)]),
    ) as unknown as { readonly [Name in C]: SweepResult<O, M, never> };
  }

  /** Mean over the rows of some cells, all by default; null where nothing was measured. */
  mean(measure: CountedName<M>, cells: SomeCells<O> = {}): number | null {
    return meanOf(this.#columns(measure, cells));
  }

  /**
   * The mean with its 95 % interval. A share with one row a problem has Wilson's; else problems are resampled, and keep all their rows.
   */
  interval(measure: CountedName<M>, cells: SomeCells<O> = {}): Estimate {
    return intervalOf(this.#columns(measure, cells), this.#data.seed);
  }

  /**
   * Compares one cell with the baseline, its control or another cell, problem by problem: truth values by McNemar's exact test, numbers by
   * flipping the signs of whole problems.
   */
  test(measure: CountedName<M>, cell: CellOf<O>, options: TestOptions<O, C> = {}): SweepTest {
    const found = this.#find(cell);
    const own = this.#test(measure, found, options);
    if (options.holm !== true || own.kind === "undefined") return own;
    const family = this.#cells.map((each) => this.#test(measure, each, options));
    const adjusted = holm(family.map((each) => (each.kind === "value" ? { kind: "value", p: each.p } : each)));
    const p = adjusted[this.#cells.indexOf(found)];
    return p?.kind === "value" ? { ...own, p: p.p } : own;
  }

  /** The whole sweep as JSON text, which `SweepResult.fromJSON` reads: controls included. */
  toJSON(): string {
    return JSON.stringify(this.#data);
  }

  get #cells(): readonly CellData[] {
    return this.#data.cells.filter(({ control }) => control === this.#control);
  }

  #view(found: CellData): SweepCell<O, M, C> {
    const cell = this.#cellOf(found) as CellOf<O>;
    return {
      cell,
      done: found.done,
      rows: () => this.#rowsOf(found),
      mean: (measure) => this.mean(measure, cell),
      interval: (measure) => this.interval(measure, cell),
      test: (measure, options) => this.test(measure, cell, options),
    };
  }

  #cellOf({ place }: Pick<CellData, "place">): Record<string, Value> {
    return Object.fromEntries(
      this.#data.axes.map(({ name, values }, axis) => [name, values[place[axis] ?? 0] ?? null]),
    );
  }

  #rowsOf(cell: CellData): SweepRow<O, M>[] {
    const shown = this.#cellOf(cell);
    return this.#data.problems.flatMap(({ id }, place) => {
      const values = cell.values[place] ?? null;
      return values === null ? [] : [{ problem: id, ...shown, ...this.#named(values) } as SweepRow<O, M>];
    });
  }

  #named(values: readonly Value[]): Record<string, Value> {
    return Object.fromEntries(this.#data.measures.map((name, i) => [name, values[i] ?? null]));
  }

  #find(cell: CellOf<O>): CellData {
    const { axes } = this.#data;
    const place = placeOf(axes, cell);
    const missing = place.indexOf(null);
    if (missing >= 0)
      throw new UsageError(
        `The cell has no ${axes[missing]?.name}, wanted a value for each of ${axes.map(({ name }) => name).join(", ")}`,
        "name all axes; mean() and interval() take some of them",
      );
    const found = this.#cells.find((each) => each.place.every((value, axis) => value === place[axis]));
    if (found !== undefined) return found;
    throw new UsageError(
      `The cell ${cellName(axes, place as number[])} does not apply: do gave null there`,
      "cells() lists those that do",
    );
  }

  #columns(measure: string, cells: SomeCells<O>): Column[] {
    const column = this.#measurePlace(measure);
    const place = placeOf(this.#data.axes, cells);
    return this.#cells
      .filter((each) => place.every((value, axis) => value === null || value === each.place[axis]))
      .map((each) => columnOf(each.values, column));
  }

  #test(measure: string, cell: CellData, { against = "baseline" }: TestOptions<O, C>): SweepTest {
    const column = this.#measurePlace(measure);
    const here = columnOf(cell.values, column);
    if (against !== "baseline") {
      const other = typeof against === "string" ? this.#controlOf(cell, against) : this.#find(against);
      return testOf(here, columnOf(other.values, column), { seed: this.#data.seed });
    }
    // What a change is of is the baseline, whose own change is 0; the others have no value there.
    if (measure === "deltaLogProb")
      return testOf(
        here,
        here.map(() => 0),
        { seed: this.#data.seed },
      );
    if (isCompared(measure))
      return {
        kind: "undefined",
        reason: `${measure} is measured against the baseline, which has none: test correct, or against a control`,
      };
    return testOf(here, columnOf(this.#data.baseline, column), { seed: this.#data.seed });
  }

  #controlOf(cell: CellData, control: ControlName): CellData {
    const found = this.#data.cells.find(
      (each) => each.control === control && each.place.every((value, axis) => value === cell.place[axis]),
    );
    if (found !== undefined) return found;
    throw new UsageError(`The sweep has no control "${control}"`, `run it with controls: [${JSON.stringify(control)}]`);
  }

  #measurePlace(measure: string): number {
    const place = this.#data.measures.indexOf(measure);
    if (place >= 0) return place;
    throw new UsageError(
      `The sweep has no measure "${measure}"`,
      `it has ${this.#data.measures.join(", ")}: add it to measure`,
    );
  }
}

function columnOf(values: readonly (readonly Value[] | null)[], place: number): Column {
  return values.map((each) => each?.[place] ?? null);
}

/** The table of a sweep without its types: which cells there are, what they hold, and what is said of them. */

import { UsageError } from "../../base/errors.js";
import { didYouMean } from "../../base/nearest.js";
import type { Estimate } from "../../statistics/estimate.js";
import { holm } from "../../statistics/holm.js";
import { cellName, placeOf } from "./axes.js";
import type { CellData, SweepData } from "./data.js";
import { isCompared, type Value } from "./measures.js";
import type { ControlName } from "./spec.js";
import { type Column, intervalOf, meanOf, type SweepTest, testOf } from "./statistics.js";

type Cell = Readonly<Record<string, unknown>>;

/** What a cell is compared with. */
export interface PlainTestOptions {
  /** `baseline`, a control's name, or another cell. */
  readonly against?: unknown;
  readonly holm?: boolean;
}

/** The cells of a sweep, or of one of its controls. */
export class SweepTable {
  readonly cells: readonly CellData[];

  constructor(
    readonly data: SweepData,
    readonly control: ControlName | null,
  ) {
    this.cells = data.cells.filter((each) => each.control === control);
  }

  /** Names of the controls that were run. */
  get controls(): readonly ControlName[] {
    return [...new Set(this.data.cells.flatMap(({ control }) => (control ?? []) as ControlName))];
  }

  /** The cells of a control. */
  of(control: ControlName): SweepTable {
    return new SweepTable(this.data, control);
  }

  /** The values of a cell along the axes. */
  cellOf({ place }: Pick<CellData, "place">): Record<string, Value> {
    return Object.fromEntries(this.data.axes.map(({ name, values }, axis) => [name, values[place[axis] ?? 0] ?? null]));
  }

  /** Flat rows of a cell; failed runs are left out. */
  rowsOf(cell: CellData): Record<string, Value>[] {
    const shown = this.cellOf(cell);
    return this.#rows(cell.values).map(({ problem, ...measured }) => ({
      problem: problem ?? "",
      ...shown,
      ...measured,
    }));
  }

  /** The problems without intervention. */
  baselineRows(): Record<string, Value>[] {
    return this.#rows(this.data.baseline);
  }

  /** @throws UsageError for an axis, a value or a cell that is not there. */
  find(cell: Cell): CellData {
    const { axes } = this.data;
    const place = placeOf(axes, cell);
    const missing = place.indexOf(null);
    if (missing >= 0)
      throw new UsageError(
        `The cell has no ${axes[missing]?.name}, wanted a value for each of ${axes.map(({ name }) => name).join(", ")}`,
        "name all axes; mean() and interval() take some of them",
      );
    const found = this.cells.find((each) => each.place.every((value, axis) => value === place[axis]));
    if (found !== undefined) return found;
    throw new UsageError(
      `The cell ${cellName(axes, place as number[])} does not apply: do gave null there`,
      "cells() lists those that do",
    );
  }

  /** Whether any cell has these values. */
  has(some: Cell): boolean {
    return this.#some(some).length > 0;
  }

  mean(measure: string, some: Cell): number | null {
    return meanOf(this.#columns(measure, some));
  }

  interval(measure: string, some: Cell): Estimate {
    return intervalOf(this.#columns(measure, some), this.data.seed);
  }

  /** The baseline's mean; undefined for what compares with it. */
  baselineInterval(measure: string): Estimate {
    return intervalOf([columnOf(this.data.baseline, this.#place(measure))], this.data.seed);
  }

  test(measure: string, cell: Cell, options: PlainTestOptions): SweepTest {
    const found = this.find(cell);
    const own = this.#test(measure, found, options);
    if (options.holm !== true || own.kind === "undefined") return own;
    const family = this.cells.map((each) => this.#test(measure, each, options));
    const adjusted = holm(family.map((each) => (each.kind === "value" ? { kind: "value", p: each.p } : each)));
    const p = adjusted[this.cells.indexOf(found)];
    return p?.kind === "value" ? { ...own, p: p.p } : own;
  }

  /** The values of one measure in one cell, problem by problem. */
  values(measure: string, cell: CellData): Column {
    return columnOf(cell.values, this.#place(measure));
  }

  #rows(values: CellData["values"]): Record<string, Value>[] {
    const { problems, measures } = this.data;
    return problems.flatMap(({ id }, place) => {
      const mine = values[place] ?? null;
      if (mine === null) return [];
      return [{ problem: id, ...Object.fromEntries(measures.map((name, i) => [name, mine[i] ?? null])) }];
    });
  }

  #some(some: Cell): CellData[] {
    const place = placeOf(this.data.axes, some);
    return this.cells.filter((each) => place.every((value, axis) => value === null || value === each.place[axis]));
  }

  #columns(measure: string, some: Cell): Column[] {
    const column = this.#place(measure);
    return this.#some(some).map((each) => columnOf(each.values, column));
  }

  #test(measure: string, cell: CellData, { against = "baseline" }: PlainTestOptions): SweepTest {
    const here = this.values(measure, cell);
    const seed = { seed: this.data.seed };
    if (typeof against === "object" && against !== null)
      return testOf(here, this.values(measure, this.find(against as Cell)), seed);
    if (against !== "baseline") return testOf(here, this.values(measure, this.#controlOf(cell, String(against))), seed);
    // What a change is of is the baseline, whose own change is 0; the others have no value there.
    if (measure === "deltaLogProb")
      return testOf(
        here,
        here.map(() => 0),
        seed,
      );
    if (isCompared(measure))
      return {
        kind: "undefined",
        reason: `${measure} is measured against the baseline, which has none: test another measure, or against a control`,
      };
    return testOf(here, columnOf(this.data.baseline, this.#place(measure)), seed);
  }

  #controlOf(cell: CellData, control: string): CellData {
    const found = this.data.cells.find(
      (each) => each.control === control && each.place.every((value, axis) => value === cell.place[axis]),
    );
    if (found !== undefined) return found;
    throw new UsageError(
      `The sweep has no control "${control}"${didYouMean(control, this.controls)}`,
      `run it with controls: [${JSON.stringify(control)}], or test against "baseline" or another cell`,
    );
  }

  #place(measure: string): number {
    const { measures } = this.data;
    const place = measures.indexOf(measure);
    if (place >= 0) return place;
    throw new UsageError(
      `The sweep has no measure "${measure}"${didYouMean(measure, measures)}`,
      `it has ${measures.join(", ")}: add it to measure`,
    );
  }
}

function columnOf(values: CellData["values"], place: number): Column {
  return values.map((each) => each?.[place] ?? null);
}

/** What a sweep gave: a table of problems and cells, with its means, intervals, tests and figures. */

import { csv } from "../../analysis/write.js";
import { parquet } from "../../exhibits/parquet.js";
import type { Estimate } from "../../statistics/estimate.js";
import { Drawing } from "../drawing.js";
import { JUPYTER_DISPLAY, type MediaBundle } from "../show/shown.js";
import { sweepBundle } from "../show/sweep-view.js";
import { type CellData, parseSweepData, type SweepData } from "./data.js";
import { heatMapOf } from "./figures/heat-map.js";
import { barsOf, lineOf } from "./figures/series.js";
import { countedMeasures, inspected } from "./inspected.js";
import type { BaselineRow, CellOf, ControlName, CountedName, Measure, Over, SomeCells, SweepRow } from "./spec.js";
import type { SweepTest } from "./statistics.js";
import { SweepTable } from "./table.js";
import { tidyTable } from "./tidy.js";

/** What a cell is compared with, and over how many tests its p is adjusted. */
export interface TestOptions<O extends Over, C extends ControlName> {
  /** The same problems without intervention, this cell's control, or another cell. Default `baseline`. */
  readonly against?: "baseline" | C | CellOf<O>;
  /** Adjust p by Holm over all cells of the sweep. Default false. */
  readonly holm?: boolean;
}

/** What a map shows. */
export interface HeatMapOptions<O extends Over, M extends Measure> {
  /** Axis whose values are columns; default: the first. */
  readonly x?: keyof O & string;
  /** Axis whose values are rows; default: the second. */
  readonly y?: keyof O & string;
  /** Default: the first measure that is a number or a truth value. */
  readonly value?: CountedName<M>;
  /** Default: made of the measure and the axes. */
  readonly title?: string;
}

/** What lines or bars show. */
export interface SeriesOptions<O extends Over, M extends Measure> {
  /** Default: the first axis. */
  readonly x?: keyof O & string;
  /** One measure or several, which then have a colour each. Default: the first that is a number or a truth value. */
  readonly value?: CountedName<M> | readonly CountedName<M>[];
  /** Axis whose values have a colour each; default: the second, with one measure. */
  readonly colour?: keyof O & string;
  /** Default: made of the measure and the axes. */
  readonly title?: string;
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

/**
 * The table of a sweep. Its rows are flat objects, one for each problem and cell.
 *
 * @example
 * ```ts
 * const result = await model.sweep(problems, {
 *   over: { layer: range(0, 16, 8), latent: range(2) },
 *   do: ({ layer, latent }) => `zero:blocks.${layer}.hook_resid_post@latent.${latent}`,
 * });
 * result.cells().length // → 4
 * Object.keys(result.rows()[0] ?? {}) // → [ 'problem', 'layer', 'latent', 'correct', 'logProb', 'kl' ]
 * const svg = await result.heatMap({ value: "kl" }).svg();
 * ```
 */
export class SweepResult<O extends Over = Over, M extends Measure = Measure, C extends ControlName = ControlName> {
  readonly #table: SweepTable;

  /** @param control whose cells are shown; null: the sweep's own. */
  constructor(data: SweepData, control: ControlName | null = null) {
    this.#table = new SweepTable(data, control);
  }

  /**
   * A result of JSON text, as `JSON.stringify(result)` gives it.
   *
   * @throws BadInputError where the text holds none.
   * @example
   * ```ts
   * const result = await model.sweep(problems, { over: {}, do: () => "zero:blocks.8.hook_resid_post@latent" });
   * SweepResult.fromJSON(JSON.stringify(result)).mean("kl") === result.mean("kl") // → true
   * ```
   */
  static fromJSON(text: string): SweepResult {
    return new SweepResult(parseSweepData(text));
  }

  /** Names of the axes, in the order of `over`. */
  get axes(): readonly (keyof O & string)[] {
    return this.#table.data.axes.map(({ name }) => name);
  }

  /** Names of the measures. */
  get measures(): readonly string[] {
    return this.#table.data.measures;
  }

  /** Ids of the problems, in their order. */
  get problems(): readonly string[] {
    return this.#table.data.problems.map(({ id }) => id);
  }

  /** Runs whose numbers were not finite; they are in no row and count nowhere. */
  get failed(): readonly FailedRun[] {
    return this.#table.data.failed;
  }

  /**
   * One row for each problem and cell, cell by cell; failed runs are left out.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * result.rows().length; // → 12
   * ```
   */
  rows(): SweepRow<O, M>[] {
    return this.#table.cells.flatMap((cell) => this.#table.rowsOf(cell)) as SweepRow<O, M>[];
  }

  /**
   * The cells that apply.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * result.cells().map(({ done }) => done[0])[3]; // → zero:blocks.8.hook_resid_post@latent.1
   * ```
   */
  cells(): SweepCell<O, M, C>[] {
    return this.#table.cells.map((cell) => this.#view(cell));
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
    return this.#view(this.#table.find(cell));
  }

  /** The problems without intervention, a row each. */
  get baseline(): readonly BaselineRow<M>[] {
    return this.#table.baselineRows() as unknown as BaselineRow<M>[];
  }

  /** The controls, each as a result with the same axes: what was done at the place of each cell. */
  get controls(): { readonly [Name in C]: SweepResult<O, M, never> } {
    const { data, controls } = this.#table;
    const results = controls.map((name) => [name, new SweepResult<O, M, never>(data, name)] as const);
    return Object.fromEntries(results) as { readonly [Name in C]: SweepResult<O, M, never> };
  }

  /**
   * Mean over the rows of some cells, all by default; null where nothing was measured.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * (result.mean("kl", { layer: 8 }) ?? 0) >= 0; // → true
   * ```
   */
  mean(measure: CountedName<M>, cells: SomeCells<O> = {}): number | null {
    return this.#table.mean(measure, cells);
  }

  /**
   * The mean with its 95 % interval. A share with one row a problem has Wilson's; else problems are resampled, and keep all their rows.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * result.interval("correct", { layer: 8 }).kind; // → value
   * ```
   */
  interval(measure: CountedName<M>, cells: SomeCells<O> = {}): Estimate {
    return this.#table.interval(measure, cells);
  }

  /**
   * Compares one cell with the baseline, its control or another cell, problem by problem: truth values by McNemar's exact test, numbers by
   * flipping the signs of whole problems.
   *
   * @throws UsageError for a cell, a measure or a control that the sweep does not have.
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { latent: range(2) },
   *   do: ({ latent }) => `zero:blocks.8.hook_resid_post@latent.${latent}`,
   *   controls: ["random direction"],
   * });
   * result.test("kl", { latent: 0 }, { against: "random direction", holm: true }).kind // → value
   * ```
   */
  test(measure: CountedName<M>, cell: CellOf<O>, options: TestOptions<O, C> = {}): SweepTest {
    return this.#table.test(measure, cell, options);
  }

  /**
   * A map of two axes, coloured by a measure's mean, its control below it. Over further axes the mean is taken.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * const svg = await result.heatMap({ x: "latent", y: "layer", value: "kl" }).svg();
   * svg.startsWith("<svg"); // → true
   * ```
   */
  heatMap(options: HeatMapOptions<O, M> = {}): Drawing {
    return new Drawing(heatMapOf(this.#table, options));
  }

  /**
   * A measure's mean along an axis, with 95 % intervals; its control is dashed.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * const svg = await result.line({ value: "logProb" }).svg();
   * ```
   */
  line(options: SeriesOptions<O, M> = {}): Drawing {
    return new Drawing(lineOf(this.#table, options));
  }

  /**
   * A measure's mean for each value of an axis, with 95 % intervals; its control stands beside it.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * const svg = await result.bars({ x: "latent", value: "kl" }).svg();
   * ```
   */
  bars(options: SeriesOptions<O, M> = {}): Drawing {
    return new Drawing(barsOf(this.#table, options));
  }

  /**
   * CSV with a line for each problem and cell, baselines and controls included (column `condition`).
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * result.toCSV().split("\r\n")[0]; // → problem,condition,layer,latent,correct,logProb,kl
   * ```
   */
  toCSV(): string {
    const { header, rows } = tidyTable(this.#table.data);
    return csv(header, rows);
  }

  /**
   * The same table as the bytes of a Parquet file.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * const bytes = await result.toParquet();
   * ```
   */
  toParquet(): Promise<Uint8Array> {
    return parquet(tidyTable(this.#table.data));
  }

  /**
   * The whole sweep as plain data, controls included: what `JSON.stringify(result)` writes and `SweepResult.fromJSON` reads.
   *
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: [0, 8], latent: [0, 1] },
   *   do: ({ layer, latent }) => zero(site.block(layer).residPost, at.latent(latent)),
   * });
   * result.toJSON().axes[0]; // → { name: 'layer', values: [ 0, 8 ] }
   * ```
   */
  toJSON(): SweepData {
    return this.#table.data;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return inspected(this.#table);
  }

  [Symbol.for("Deno.customInspect")](): string {
    return inspected(this.#table);
  }

  /** What a notebook shows: the figure of its first axes, and the cells. */
  [JUPYTER_DISPLAY](): Promise<MediaBundle> {
    const measures = countedMeasures(this.#table);
    return sweepBundle({
      text: inspected(this.#table),
      axes: this.axes,
      measures,
      cells: this.cells().map(({ cell, interval }) => ({ cell, interval: (name) => interval(name as CountedName<M>) })),
      drawing:
        measures.length === 0 || this.axes.length === 0 ? null : this.axes.length > 1 ? this.heatMap() : this.bars(),
    });
  }

  #view(found: CellData): SweepCell<O, M, C> {
    const cell = this.#table.cellOf(found) as CellOf<O>;
    return {
      cell,
      done: found.done,
      rows: () => this.#table.rowsOf(found) as SweepRow<O, M>[],
      mean: (measure) => this.mean(measure, cell),
      interval: (measure) => this.interval(measure, cell),
      test: (measure, options) => this.test(measure, cell, options),
    };
  }
}

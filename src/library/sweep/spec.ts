/** What a sweep is asked for. The types of its rows and cells follow from it. */

import type { Problem } from "../../experiments/problems/problem.js";
import type { Doable } from "../../model/hooks/bound.js";
import type { ConditionOptions, RunResult } from "../../model/latent/run-types.js";

/** One value along an axis; of a function or an object, its name stands in rows and figures. */
export type AxisValue = string | number | boolean | { readonly name: string };

/** The axes of a sweep: named lists of values. */
export type Over = Readonly<Record<string, readonly AxisValue[]>>;

/** One value of each axis. */
export type CellOf<O extends Over> = { readonly [Axis in keyof O]: O[Axis][number] };

/** Values of some axes: what is left out stands for all of its values. */
export type SomeCells<O extends Over> = { readonly [Axis in keyof O]?: O[Axis][number] };

/** How a value stands in a row. */
export type ShownValue<V> = V extends { readonly name: string } ? string : V;

/** What a sweep can measure by name (docs/definitions.md). */
export interface BuiltInMeasures {
  /** Whether the answer is right, by the protocol's rule. */
  readonly correct: boolean;
  /** Whether a right answer turned wrong; null where the baseline's was wrong. */
  readonly broken: boolean | null;
  /** Whether a wrong answer turned right; null where the baseline's was right. */
  readonly mended: boolean | null;
  /** Log-probability of the expected answer's tokens, summed, in nats (`expectedLogProb`). */
  readonly logProb: number | null;
  /** The same less the baseline's (`deltaExpectedLogProb`). */
  readonly deltaLogProb: number | null;
  /** KL(baseline ‖ this) in nats where the expected number's first token is predicted (`klAtNumber`). */
  readonly kl: number | null;
  /** The best logit less the second best at the answer's own number (`marginAtNumber`). */
  readonly margin: number | null;
  /** The answer's text. */
  readonly answer: string;
  /** What is read of it: a number, a letter, a truth value, or null. */
  readonly predicted: number | string | boolean | null;
}

/** Name of a measure that every sweep knows. */
export type BuiltInMeasure = keyof BuiltInMeasures;

/** A measure of a script's own. */
export interface OwnMeasure<V extends number | boolean | null = number | boolean | null> {
  readonly name: string;
  /** Called once for each run, with the same problem's run without intervention. Null where there is nothing to measure. */
  readonly of: (run: RunResult, baseline: RunResult) => V;
}

/** A measure, by name or as a function. */
export type Measure = BuiltInMeasure | OwnMeasure;

/** What a measure is called. */
export type NameOf<M extends Measure> = M extends { readonly name: infer Name extends string }
  ? Name
  : M extends BuiltInMeasure
    ? M
    : never;

/** What a measure gives. */
export type ValueOf<M extends Measure> = M extends { readonly of: (...runs: never[]) => infer V }
  ? V
  : M extends BuiltInMeasure
    ? BuiltInMeasures[M]
    : never;

/** The measures of a row. */
export type MeasuredValues<M extends Measure> = {
  readonly [Each in M as NameOf<Each>]: ValueOf<Each>;
};

/** Names of those measures that are numbers or truth values: what has a mean. */
export type CountedName<M extends Measure> = M extends Measure
  ? ValueOf<M> extends number | boolean | null
    ? NameOf<M>
    : never
  : never;

/** What is run beside each cell: the same place with nothing done, and with a random direction of the same norm. */
export type ControlName = "identity" | "random direction";

/** What is measured where nothing is said. */
export type DefaultMeasure = "correct" | "logProb" | "kl";

/** A problem, as far as a sweep needs it; `loadProblems` gives more. */
export type SweepProblem = Pick<Problem, "question" | "expected"> & Partial<Problem>;

declare const unsaid: unique symbol;

/** Stands for the measures of a sweep that names none: no value has this type. */
export interface Unsaid {
  readonly [unsaid]: never;
}

/** The measures that a sweep has: those that are named, else the usual ones. */
export type Chosen<M extends Measure | Unsaid> = Unsaid extends M ? DefaultMeasure : Extract<M, Measure>;

/** How far a sweep is. */
export interface SweepProgress {
  /** Runs that are finished, those of an earlier sweep into the same folder included. */
  readonly done: number;
  readonly total: number;
}

/** How a sweep is run, read and kept. */
export interface SweepOptions
  extends Pick<ConditionOptions, "capture" | "readings" | "values" | "maxNewTokens" | "rowsPerBatch"> {
  /** What it is called in figures, records and reports. */
  readonly story?: SweepStory;
  /** Of `noise`, `random`, `resample` and `shuffle`, and of every bootstrap and permutation. Default 42. */
  readonly seed?: number;
  /** A run folder: what is in it is not computed again, and `codilens analyze` makes a report of it. */
  readonly out?: string;
  /** Hears how far it is, at most once a second, and at the end. */
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Stops the sweep after the batch in work; what is finished stays in `out`. */
  readonly signal?: AbortSignal;
}

/** What a sweep is called. */
export interface SweepStory {
  /** Small letters, digits and `-`; default `sweep`. */
  readonly name?: string;
  /** Heading of its figures; default: made of the axes. */
  readonly question?: string;
}

/** A whole sweep. */
export interface SweepSpec<
  O extends Over = Over,
  M extends Measure | Unsaid = Measure,
  C extends ControlName = ControlName,
> extends SweepOptions {
  /** Named lists; every combination of their values is a cell. */
  readonly over: O;
  /** What is done in a cell; null where the cell does not apply. */
  readonly do: (cell: CellOf<O>) => Doable | readonly Doable[] | null;
  /** Default: `correct`, `logProb` and `kl`. */
  readonly measure?: readonly M[];
  /** Run at the place of each cell. */
  readonly controls?: readonly C[];
}

type Flat<T> = { readonly [K in keyof T]: T[K] };

/** One problem in one cell, as a flat object. */
export type SweepRow<O extends Over = Over, M extends Measure = Measure> = Flat<
  { readonly problem: string } & { readonly [Axis in keyof O]: ShownValue<O[Axis][number]> } & MeasuredValues<M>
>;

/** Measures that compare with the baseline: it has none itself. */
export type ComparedMeasure = "broken" | "mended" | "deltaLogProb" | "kl";

/** One problem without intervention. */
export type BaselineRow<M extends Measure = Measure> = Flat<
  { readonly problem: string } & {
    readonly [Each in M as NameOf<Each>]: Each extends ComparedMeasure ? null : ValueOf<Each>;
  }
>;

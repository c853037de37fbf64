/** Affine translators by least squares, each row translated by the one that has not seen its fold. */

import {
  type LinearFit,
  type Moments,
  momentsOf,
  predict,
  solverOf,
  sumOf,
} from "../../../statistics/least-squares.js";

/** States of one layer and what they are to become. */
export interface TranslatorData {
  readonly width: number;
  /** `[rows, width]`, both. */
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  /** Fold of each row; the rows of a problem are in one. */
  readonly fold: ArrayLike<number>;
  /** At least 3. */
  readonly folds: number;
  /** Times the training states' mean sum of squares about their mean. */
  readonly penalties: readonly number[];
}

/** States translated by fits that have not seen them. */
export interface Translated {
  /** `[rows, width]`. */
  readonly states: Float32Array;
  /** The penalty of each fold, chosen by the other folds. */
  readonly penalties: readonly number[];
  /** Held-out share of the variance of `to` about its training mean; below 0 where that mean is nearer. */
  readonly explained: number;
}

/**
 * Affine translator A·h + b (tuned lens, Belrose et al. 2023, there trained on the KL), here by least squares in closed form:
 * minimises Σ |to − A·h − b|² + λ·|A|². A large λ leaves the mean of `to`, so that whatever sets problems apart is taken from
 * the pairs.
 *
 * @returns null where the states do not differ.
 */
export function heldOutTranslation(data: TranslatorData): Translated | null {
  const rows = rowsOf(data);
  const parts = Array.from({ length: data.folds }, (_, f) =>
    momentsOf(rows.x, rows.y, { width: data.width, rows: rows.of[f] ?? [] }),
  );
  const penalties = choose(data, rows, parts);
  const states = new Float32Array(rows.x.length);
  const said = new Float64Array(data.width);
  let [error, distance] = [0, 0];
  for (let out = 0; out < data.folds; out++) {
    const fit = solverOf(sumOf(parts.filter((_, f) => f !== out)))?.(penalties[out] ?? 0) ?? null;
    if (fit === null) return null;
    for (const row of rows.of[out] ?? []) {
      predict(fit, rows.x, { row, into: said });
      for (let c = 0, at = row * data.width; c < data.width; c++, at++) {
        const y = rows.y[at] ?? 0;
        states[at] = (said[c] ?? 0) + (rows.mean[c] ?? 0);
        error += (y - (said[c] ?? 0)) ** 2;
        distance += (y - (fit.meanY[c] ?? 0)) ** 2;
      }
    }
  }
  return { states, penalties, explained: 1 - error / distance };
}

interface Rows {
  /** Both kinds of states about the mean of all rows: no fit depends on it, only rounding does. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Of `to`. */
  readonly mean: Float64Array;
  /** Rows of each fold. */
  readonly of: readonly (readonly number[])[];
}

function rowsOf({ width, from, to, fold, folds }: TranslatorData): Rows {
  const x = Float64Array.from(from);
  const y = Float64Array.from(to);
  centre(x, width);
  const mean = centre(y, width);
  const all = Array.from({ length: fold.length }, (_, row) => row);
  return { x, y, mean, of: Array.from({ length: folds }, (_, f) => all.filter((row) => fold[row] === f)) };
}

function centre(values: Float64Array, width: number): Float64Array {
  const mean = new Float64Array(width);
  const share = width / values.length;
  for (const [at, each] of values.entries()) mean[at % width] = (mean[at % width] ?? 0) + each * share;
  for (const at of values.keys()) values[at] = (values[at] ?? 0) - (mean[at % width] ?? 0);
  return mean;
}

/** The penalty of each fold: of least error where each of the others was left out as well. */
function choose({ width, folds, penalties }: TranslatorData, rows: Rows, parts: readonly Moments[]): number[] {
  const errors = parts.map(() => new Float64Array(penalties.length));
  const said = new Float64Array(width);
  const errorIn = (fit: LinearFit, fold: number): number => {
    let sum = 0;
    for (const row of rows.of[fold] ?? []) {
      predict(fit, rows.x, { row, into: said });
      for (let c = 0; c < width; c++) sum += ((rows.y[row * width + c] ?? 0) - (said[c] ?? 0)) ** 2;
    }
    return sum;
  };
  for (let a = 0; a < folds; a++)
    for (let b = 0; b < a; b++) {
      // One fit serves both: without a, b is translated, and without b, a.
      const solve = solverOf(sumOf(parts.filter((_, f) => f !== a && f !== b)));
      for (const [i, penalty] of penalties.entries()) {
        const fit = solve?.(penalty) ?? null;
        const add = (out: number, tune: number): void => {
          const own = errors[out];
          const error = fit === null ? Number.POSITIVE_INFINITY : errorIn(fit, tune);
          if (own !== undefined) own[i] = (own[i] ?? 0) + error;
        };
        add(a, b);
        add(b, a);
      }
    }
  return errors.map((own) => penalties[own.indexOf(Math.min(...own))] ?? 0);
}

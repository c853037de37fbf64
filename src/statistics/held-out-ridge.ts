/** Ridge regressions of many labels on the same features, each row predicted without its fold, the penalty chosen without it too. */

import { type Features, type Fitter, fitter, type Predicted } from "./ridge-fits.js";

/** Which folds, and how strongly the weights may be held back. */
export interface HeldOutOptions {
  /** Fold of each row of the features. */
  readonly fold: ArrayLike<number>;
  /** At least 3, unless there is one penalty. */
  readonly folds: number;
  /** Times the training features' mean sum of squares about their mean. */
  readonly penalties: readonly number[];
}

/** Of one label. */
export interface HeldOut {
  /** `[rows, 2]`: squared error, and squared distance to the training mean. */
  readonly errors: Float64Array;
  /** The penalty of each fold. */
  readonly penalties: readonly number[];
}

/**
 * Minimises Σ (y − a − x·w)² + λ·|w|², a not penalised, on all folds but one, and predicts that one. Its λ is the one of least
 * error where each of the other folds was left out as well.
 *
 * @param labels each as long as the features have rows.
 * @returns null for a label where the features are constant or a fit is singular.
 */
export function heldOut(x: Features, labels: readonly Float64Array[], options: HeldOutOptions): (HeldOut | null)[] {
  return heldOutOf(x)(labels, options);
}

/** The same for several draws of folds: what does not depend on the folds is computed once. */
export function heldOutOf(
  x: Features,
): (labels: readonly Float64Array[], options: HeldOutOptions) => (HeldOut | null)[] {
  const fitWithout = fitter(x);
  return (labels, options) => heldOutBy(fitWithout, x.rows, { ...options, labels });
}

interface Task extends HeldOutOptions {
  readonly labels: readonly Float64Array[];
}

function heldOutBy(fitWithout: Fitter, rows: number, task: Task): (HeldOut | null)[] {
  const { labels, fold, folds, penalties } = task;
  const none = labels.map(() => null);
  const chosen = penalties.length === 1 ? labels.map(() => new Array<number>(folds).fill(0)) : choose(fitWithout, task);
  if (chosen === null) return none;
  const errors: (Float64Array | null)[] = labels.map(() => new Float64Array(2 * rows));
  for (let out = 0; out < folds; out++) {
    const fit = fitWithout((row) => fold[row] === out);
    if (fit === null) return none;
    for (const [at, penalty] of penalties.entries()) {
      const mine = [...labels.keys()].filter((label) => (chosen[label]?.[out] ?? 0) === at);
      if (mine.length === 0) continue;
      const ys = mine.map((label) => labels[label] ?? new Float64Array());
      const [predicted = null] = fit.predict([penalty], ys.map(fit.target));
      for (const [i, label] of mine.entries()) {
        const [y, found, own] = [ys[i], predicted?.[i], errors[label]];
        if (y === undefined || found === undefined) errors[label] = null;
        else if (own) writeErrors(own, y, { ...found, test: fit.test });
      }
    }
  }
  return errors.map((each, label) =>
    each === null ? null : { errors: each, penalties: (chosen[label] ?? []).map((best) => penalties[best] ?? 0) },
  );
}

function writeErrors(
  errors: Float64Array,
  y: Float64Array,
  { mean, said, test }: Predicted & { readonly test: Int32Array },
): void {
  for (let place = 0; place < test.length; place++) {
    const row = test[place] ?? 0;
    const own = y[row] ?? 0;
    errors[2 * row] = (own - (said[place] ?? 0)) ** 2;
    errors[2 * row + 1] = (own - mean) ** 2;
  }
}

/** Index of each fold's penalty, `[label][fold]`. */
function choose(fitWithout: Fitter, { labels, fold, folds, penalties }: Task): number[][] | null {
  const sums = labels.map(() => Array.from({ length: folds }, () => new Float64Array(penalties.length)));
  for (let a = 0; a < folds; a++)
    for (let b = 0; b < a; b++) {
      // One fit serves both: without a, b is predicted, and without b, a.
      const fit = fitWithout((row) => fold[row] === a || fold[row] === b);
      if (fit === null) return null;
      const byPenalty = fit.predict(penalties, labels.map(fit.target));
      for (const [i, predicted] of byPenalty.entries())
        for (const [label, y] of labels.entries()) {
          const said = predicted?.[label]?.said ?? null;
          const [withoutA, withoutB] = [sums[label]?.[a], sums[label]?.[b]];
          if (withoutA === undefined || withoutB === undefined) continue;
          for (let place = 0; place < fit.test.length; place++) {
            const row = fit.test[place] ?? 0;
            const sum = fold[row] === a ? withoutB : withoutA;
            const error = said === null ? Number.POSITIVE_INFINITY : ((y[row] ?? 0) - (said[place] ?? 0)) ** 2;
            sum[i] = (sum[i] ?? 0) + error;
          }
        }
    }
  return sums.map((own) => own.map((sum) => sum.indexOf(Math.min(...sum))));
}

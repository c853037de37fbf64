// @needs nothing

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cholesky, factorInto, solveEach, solveWith } from "../../src/base/linear-algebra.js";
import { heldOut, heldOutOf } from "../../src/statistics/held-out-ridge.js";
import { linearProbe, linearProbes } from "../../src/statistics/linear-probe.js";
import { plainCholesky, plainHeldOut, plainSolve } from "../support/plain-fits.js";

// Everything is compared bit by bit: summing in another order would show in the last digits.
const number = fc.double({ min: -3, max: 3, noNaN: true });

/** X·Xᵀ with less on its diagonal where it is to be no longer positive definite. */
const matrix = fc.integer({ min: 1, max: 14 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    x: fc.array(number, { minLength: n * n, maxLength: n * n }),
    b: fc.array(number, { minLength: n, maxLength: n }),
    shift: fc.constantFrom(0, 0.5, -0.5, 20),
  }),
);

function productsOf(x: readonly number[], n: number): Float64Array {
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) a[i * n + j] = (a[i * n + j] ?? 0) + (x[i * n + k] ?? 0) * (x[j * n + k] ?? 0);
  return a;
}

describe("linear algebra", () => {
  test("a factor is that of one element after another", () => {
    fc.assert(
      fc.property(matrix, ({ n, x, shift }) => {
        const a = productsOf(x, n);
        const shifted = a.slice();
        for (let i = 0; i < n; i++) shifted[i * n + i] = (a[i * n + i] ?? 0) + shift;
        const expected = plainCholesky(shifted, n);
        expect(cholesky(shifted, n)).toEqual(expected);
        // Only the lower half is read, and what stood in the array does not matter.
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a[i * n + j] = Number.NaN;
        const l = new Float64Array(n * n).fill(7);
        expect(factorInto(l, a, { n, shift })).toBe(expected !== null);
        if (expected === null) return;
        for (let i = 0; i < n; i++)
          expect(l.subarray(i * n, i * n + i + 1)).toEqual(expected.subarray(i * n, i * n + i + 1));
      }),
      { numRuns: 300 },
    );
  });

  test("several systems at once have the solutions of each", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), matrix, (many, { n, x, b }) => {
        const systems = Array.from({ length: many }, (_, i) => {
          const a = productsOf(x, n);
          for (let at = 0; at < n; at++) a[at * n + at] = (a[at * n + at] ?? 0) + 1 + i;
          return { l: plainCholesky(a, n) ?? new Float64Array(), b: b.map((each) => each + i) };
        });
        const expected = systems.map(({ l, b }) => plainSolve(l, n, b));
        expect(solveEach(systems, n)).toEqual(expected);
        expect(systems.map(({ l, b }) => solveWith(l, n, b))).toEqual(expected);
      }),
    );
  });
});

describe("ridge regression", () => {
  // Fewer and more features than rows: the system of rows, and the one of features.
  const data = fc
    .record({ rows: fc.integer({ min: 15, max: 30 }), width: fc.constantFrom(1, 3, 12, 40) })
    .chain(({ rows, width }) =>
      fc.record({
        x: fc
          .array(number, { minLength: rows * width, maxLength: rows * width })
          // Constant features, which are drawn too, have no fit.
          .map((values) => ({ rows, width, values: Float64Array.from(values, (each, i) => each + Math.sin(1.7 * i)) })),
        labels: fc.array(
          fc.array(number, { minLength: rows, maxLength: rows }).map((y) => Float64Array.from(y)),
          { minLength: 1, maxLength: 4 },
        ),
        fold: fc.shuffledSubarray(
          Array.from({ length: rows }, (_, i) => i % 3),
          { minLength: rows },
        ),
      }),
    );

  test("errors and penalties are those of every fit on its own", () => {
    fc.assert(
      fc.property(data, fc.constantFrom([0.1], [1e-3, 0.1, 1, 10]), ({ x, labels, fold }, penalties) => {
        const options = { fold, folds: 3, penalties };
        const expected = labels.map((y) => plainHeldOut(x, y, options));
        const predict = heldOutOf(x);
        expect(predict(labels, options)).toEqual(expected);
        // Once more: nothing is left of the fits before.
        expect(predict(labels.slice(-1), options)).toEqual(expected.slice(-1));
        expect(heldOut(x, labels.slice(0, 1), options)).toEqual(expected.slice(0, 1));
      }),
      { numRuns: 60 },
    );
  });

  test("several numbers read out of the same rows are those read out one by one", () => {
    fc.assert(
      fc.property(data, fc.integer({ min: 0, max: 99 }), ({ x, labels }, seed) => {
        const problem = Array.from({ length: x.rows }, (_, row) => `p${row}`);
        const options = { seed, foldDraws: 3, shuffles: 2, draws: 100 };
        const ys = [...labels, new Float64Array(x.rows).fill(2)];
        expect(linearProbes({ x, ys, problem }, options)).toEqual(
          ys.map((y) => linearProbe({ x, y, problem }, options)),
        );
      }),
      { numRuns: 20 },
    );
  });
});

/** Products with weights, by whichever of the engine's ways, against float64. */
// @needs engine

import { afterAll, beforeAll, expect, test } from "vitest";
import { tf } from "../../../src/index.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { headProducts, linear, linearInParts } from "../../../src/model/tensor/linear.js";
import { type OpCall, recordingWith } from "../../../src/model/tensor/recording.js";
import type { Tensor2D } from "../../../src/model/tensor/tf.js";

const IN = 1024;
const OUT = 1024;
const UNIT_ROUNDOFF = 2 ** -24;
const LOOKED_AT = [0, 1, 500, OUT - 1];

const weightValues = wave(OUT * IN, 1.3);
let weight: Tensor2D;

beforeAll(async () => {
  await startEngine("auto");
  weight = tf.tensor2d(weightValues, [OUT, IN]);
});
afterAll(() => weight.dispose());

function wave(size: number, step: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin(i * step + 0.1));
}

type Element = (row: number, k: number) => number;
const straight: Element = (row, k) => weightValues[row * IN + k] ?? 0;
const transposed: Element = (row, k) => weightValues[k * IN + row] ?? 0;

/** The furthest that an element is off, in bounds of a float32 sum in any order (Higham 2002, section 3.1). */
function worstOf(
  found: Float32Array,
  x: Float32Array,
  { columns, element = straight }: { readonly columns: number; readonly element?: Element },
): number {
  let worst = 0;
  for (const row of LOOKED_AT)
    for (let column = 0; column < columns; column++) {
      let [sum, size] = [0, 0];
      for (let k = 0; k < IN; k++) {
        const term = element(row, k) * (x[k * columns + column] ?? 0);
        sum += term;
        size += Math.abs(term);
      }
      const error = Math.abs((found[row * columns + column] ?? Number.NaN) - sum);
      worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / (IN * UNIT_ROUNDOFF * size));
    }
  return worst;
}

for (const columns of [1, 2, 15, 16, 17, 25, 96, 127, 128, 129, 175])
  test(`${columns} columns through a large weight, whole and in parts, and nothing is left over`, async () => {
    const values = wave(IN * columns, 2.1);
    const before = tf.memory().numTensors;
    const x = tf.tensor2d(values, [IN, columns]);
    const whole = linear(weight, x);
    expect(whole.shape).toEqual([OUT, columns]);
    expect(worstOf((await whole.data()) as Float32Array, values, { columns })).toBeLessThan(1);
    const twice = linearInParts([weight, weight], x);
    expect(twice.shape).toEqual([2 * OUT, columns]);
    const both = (await twice.data()) as Float32Array;
    expect(both.slice(0, OUT * columns)).toEqual(both.slice(OUT * columns));
    expect(worstOf(both.slice(OUT * columns), values, { columns })).toBeLessThan(1);
    tf.dispose([x, whole, twice]);
    expect(tf.memory().numTensors).toBe(before);
  });

for (const columns of [1, 2, 17, 64, 129])
  test(`${columns} columns through a large weight transposed, as gradients want it`, async () => {
    const values = wave(OUT * columns, 1.9);
    const before = tf.memory().numTensors;
    const [x, y] = [tf.zeros<tf.Rank.R2>([IN, columns]), tf.tensor2d(values, [OUT, columns])];
    let back: Tensor2D | null = null;
    const record = (call: OpCall): void => {
      if (call.op === "linear") back = call.timesTransposed(y);
    };
    const product = recordingWith({ record, recordJoint: () => undefined }, () => linear(weight, x));
    const found = (await (back as Tensor2D | null)?.data()) as Float32Array;
    expect(worstOf(found, values, { columns, element: transposed })).toBeLessThan(1);
    tf.dispose([x, y, product, back as Tensor2D | null].filter((tensor) => tensor !== null));
    expect(tf.memory().numTensors).toBe(before);
  });

// 2 rows × 4 heads: 2^18 multiplications and less beside a large weight are another kernel's.
for (const [queries, keys] of [
  [4, 48],
  [16, 32],
  [16, 33],
  [64, 40],
] as const)
  test(`${queries} queries against ${keys} keys and back, against sums in float64`, async () => {
    const [size, heads] = [64, [2, 4] as const];
    const [q, k] = [
      tf.tensor4d(wave(8 * queries * size, 1.1), [...heads, queries, size]),
      tf.tensor4d(wave(8 * keys * size, 1.7), [...heads, keys, size]),
    ];
    const scores = headProducts(q, k, { beside: weight, transposeB: true });
    const back = headProducts(scores, k, { beside: weight });
    const [a, b] = [(await q.data()) as Float32Array, (await k.data()) as Float32Array];
    const [s, v] = [(await scores.data()) as Float32Array, (await back.data()) as Float32Array];
    const dot = (length: number, term: (i: number) => number): number =>
      Array.from({ length }, (_, i) => term(i)).reduce((sum, each) => sum + each, 0);
    for (let head = 0; head < 8; head++)
      for (const query of [0, queries - 1]) {
        const [row, of] = [(head * queries + query) * size, (head * queries + query) * keys];
        for (let key = 0; key < keys; key++) {
          const column = (head * keys + key) * size;
          expect(s[of + key]).toBeCloseTo(
            dot(size, (i) => (a[row + i] ?? 0) * (b[column + i] ?? 0)),
            4,
          );
        }
        for (const at of [0, size - 1])
          expect(v[row + at]).toBeCloseTo(
            dot(keys, (key) => (s[of + key] ?? 0) * (b[(head * keys + key) * size + at] ?? 0)),
            3,
          );
      }
    tf.dispose([q, k, scores, back]);
  });

/** Formulas on the native engine, against the same in float64; what they make on the way is freed. */
// @needs engine

import { beforeAll, expect, test } from "vitest";
import { nativeBackend } from "../../../src/model/tensor/engine.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { geluTanh, normColumns, siluTimes } from "../../../src/model/tensor/formulas.js";
import { numbersOf } from "../../../src/model/tensor/numbers.js";
import { split } from "../../../src/model/tensor/ops.js";
import { type Tensor, type Tensor2D, tf } from "../../../src/model/tensor/tf.js";

const ULP = 2 ** -23;
const FEATURES = 96;
const EPS = 1e-5;

beforeAll(() => startEngine("auto"));

const wave = (size: number, step: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(i * step + 0.1) + 0.5);

/** The engine's own count: what tfjs never hears of is in no count of tfjs's. */
function held(): number {
  const native = nativeBackend();
  if (native === null) throw new RangeError("The native engine does not compute here");
  return (native.binding as unknown as { getNumOfTensors(): number }).getNumOfTensors();
}

test.each([
  { cells: 1, centres: true },
  { cells: 5, centres: true },
  { cells: 70, centres: true },
  { cells: 5, centres: false },
])("a norm of $cells cells, centred: $centres", async ({ cells, centres }) => {
  const [xs, weights, biases] = [wave(FEATURES * cells, 1.37), wave(FEATURES, 0.7), wave(FEATURES, 0.3)];
  const wanted = (column: number, affine: boolean): number[] => {
    const own = Array.from({ length: FEATURES }, (_, row) => xs[row * cells + column] ?? 0);
    const average = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / FEATURES;
    const middle = centres ? average(own) : 0;
    const moved = own.map((value) => value - middle);
    const size = Math.sqrt(average(moved.map((value) => value * value)) + EPS);
    return moved.map((value, row) =>
      affine ? (value / size) * (weights[row] ?? 0) + (biases[row] ?? 0) : value / size,
    );
  };
  const [x, weight, bias] = [
    tf.tensor2d(xs, [FEATURES, cells]),
    tf.tensor2d(weights, [FEATURES, 1]),
    tf.tensor2d(biases, [FEATURES, 1]),
  ];
  for (const affine of [null, { weight, bias }]) {
    const normed = normColumns(x, { centres, eps: EPS, ...(affine === null ? {} : { affine }) });
    const found = await numbersOf(normed);
    normed.dispose();
    for (let column = 0; column < cells; column++)
      for (const [row, value] of wanted(column, affine !== null).entries())
        expect(Math.abs((found[row * cells + column] ?? Number.NaN) - value)).toBeLessThan(64 * ULP);
  }
  tf.dispose([x, weight, bias]);
});

test("gelu_new, as far as its tails", async () => {
  const xs = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 50);
  const given = tf.tensor1d([...xs, -1e19, 25000]);
  const gelu = geluTanh(given);
  const found = await numbersOf(gelu);
  tf.dispose([given, gelu]);
  for (const [i, x] of xs.entries()) {
    const value = 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThan(4 * ULP * Math.max(1, Math.abs(x)));
  }
  expect([...found.slice(-2)].map(Math.abs)).toEqual([0, 25000]);
});

test("SwiGLU's gate", async () => {
  const [gates, ups] = [wave(500, 0.9), wave(500, 0.2)];
  const [gate, up] = [tf.tensor1d(gates), tf.tensor1d(ups)];
  const product = siluTimes(gate, up);
  const found = await numbersOf(product);
  tf.dispose([gate, up, product]);
  for (const [i, x] of gates.entries())
    expect(Math.abs((found[i] ?? Number.NaN) - (x / (1 + Math.exp(-x))) * (ups[i] ?? 0))).toBeLessThan(64 * ULP);
});

test("what a formula makes on the way is freed", async () => {
  const x: Tensor2D = tf.ones([FEATURES, 3]);
  const formulas: (() => Tensor)[] = [
    () => normColumns(x, { centres: true, eps: EPS }),
    () => normColumns(x, { centres: false, eps: EPS }),
    () => geluTanh(x),
    () => siluTimes(x, x),
  ];
  // Constants are made once.
  for (const formula of formulas) formula().dispose();
  const before = held();
  for (const formula of formulas) {
    const result = formula();
    expect(held()).toBe(before + 1);
    result.dispose();
  }
  expect(held()).toBe(before);
  x.dispose();
});

test.each([0, 1, 2])("parts of axis %i are the slices there", async (axis) => {
  const x = tf.tensor3d(wave(6 * 6 * 6, 0.4), [6, 6, 6]);
  const sizes = [1, 2, 3];
  const parts = split(x, { sizes, axis });
  let from = 0;
  for (const [place, part] of parts.entries()) {
    const size = sizes[place] ?? 0;
    const wanted = tf.slice(
      x,
      [0, 1, 2].map((own) => (own === axis ? from : 0)),
      [0, 1, 2].map((own) => (own === axis ? size : 6)),
    );
    expect(part.shape).toEqual(wanted.shape);
    expect(await numbersOf(part)).toEqual(await numbersOf(wanted));
    wanted.dispose();
    from += size;
  }
  tf.dispose([x, ...parts]);
});

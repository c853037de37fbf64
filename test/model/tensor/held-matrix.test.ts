/** A matrix that is held in 16 bits, beside the same in float32; and that nothing of it is left on the engine. */
// @needs engine

import { beforeAll, describe, expect, test } from "vitest";
import { type NativeBackend, nativeBackend, withGradients } from "../../../src/model/tensor/engine.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { type FloatValues, float32ToBf16 } from "../../../src/model/tensor/floats.js";
import { type HeldMatrix, holdMatrix, inFloat32, type StoredRows } from "../../../src/model/tensor/held-matrix.js";
import { linear } from "../../../src/model/tensor/linear.js";
import { type Tensor2D, tf } from "../../../src/model/tensor/tf.js";
import { uploadMatrix } from "../../../src/model/tensor/upload.js";

beforeAll(() => startEngine("native"));

function wave(length: number, step: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * step + 0.3));
}

function half(length: number, step: number): FloatValues {
  return { dtype: "BF16", data: float32ToBf16(wave(length, step)) };
}

function held(parts: readonly StoredRows[], width: number, turned = false): HeldMatrix {
  const matrix = holdMatrix(parts, width, { turned });
  if (matrix === null) throw new RangeError("Not held");
  return matrix;
}

function inFull(parts: readonly StoredRows[], width: number): Tensor2D {
  return uploadMatrix(
    parts.map((part) => ({ ...part, lora: null })),
    width,
  );
}

/** To the bit, signs of zeros too. */
function isSame(one: tf.Tensor, other: tf.Tensor): boolean {
  const [a, b] = [one, other].map((tensor) => Buffer.from((tensor.dataSync() as Float32Array).slice().buffer));
  return a !== undefined && b?.equals(a) === true;
}

/** Tensors of the C library that `body` makes and does not free. */
function leftBy(body: () => void): number {
  const engine = nativeBackend() as { binding: NativeBackend["binding"] };
  const { binding } = engine;
  let left = 0;
  const counted: Partial<typeof binding> = {
    createTensor(shape, dtype, values) {
      left += 1;
      return binding.createTensor(shape, dtype, values);
    },
    deleteTensor(id) {
      left -= 1;
      binding.deleteTensor(id);
    },
    executeOp(op, attributes, inputs, outputs) {
      left += outputs;
      return binding.executeOp(op, attributes, inputs, outputs);
    },
  };
  const entries = Object.entries(counted).map(([name, value]) => [name, { value }] as const);
  engine.binding = Object.create(binding as object, Object.fromEntries(entries)) as typeof binding;
  try {
    body();
  } finally {
    engine.binding = binding;
  }
  return left;
}

describe.each([
  ["one part", [6], 10],
  ["three parts apart in memory", [4, 2, 2], 10],
  ["parts that are cut elsewhere into panels", [1600, 500], 2048],
  ["panels whose rows begin at no cache line", [1100], 2050],
] as const)("%s", (_, heights, width) => {
  const parts = heights.map((rows, i) => ({ rows, values: half(rows * width, 0.7 + i) }));

  test.each([false, true])("turned %s, it is what is kept in float32", (turned) => {
    const plain = inFull(parts, width);
    const wanted = turned ? tf.transpose(plain, [1, 0]) : plain;
    const matrix = held(parts, width, turned);
    expect(matrix.shape).toEqual(wanted.shape);
    const [first, second] = [matrix.widened(), matrix.widened()];
    expect(isSame(first, wanted)).toBe(true);
    expect(isSame(second, wanted)).toBe(true);
    const index = [2, 0, matrix.shape[0] - 1, 2];
    const [rows, few] = [matrix.rows(index), tf.tidy(() => tf.gather(wanted, tf.tensor1d(index, "int32")))];
    expect(isSame(rows, few)).toBe(true);
    matrix.dispose();
    tf.dispose([plain, wanted, first, second, rows, few]);
  });

  test.each([1, 3, 25, 130])(
    "what was given may be overwritten, and products with %i columns are the same",
    (columns) => {
      const own = parts.map(({ rows, values }) => ({
        rows,
        values: { ...values, data: values.data.slice() } as FloatValues,
      }));
      const matrix = held(own, width);
      for (const { values } of own) values.data.fill(0);
      const plain = inFull(parts, width);
      const x = tf.tensor2d(wave(width * columns, 0.2), [width, columns]);
      const [found, wanted] = [linear(matrix, x), linear(plain, x)];
      expect(isSame(found, wanted)).toBe(true);
      matrix.dispose();
      tf.dispose([plain, x, found, wanted]);
    },
  );

  test("nothing of it stays on the engine", () => {
    const use = (): void => {
      const matrix = held(parts, width, true);
      inFloat32(matrix, (wide) => expect(wide.shape).toEqual(matrix.shape));
      matrix.rows([1]).dispose();
      matrix.dispose();
      matrix.dispose();
      expect(() => matrix.widened()).toThrow(/freed/);
    };
    // The first time makes constants that stay.
    use();
    expect(leftBy(use)).toBe(0);
  });
});

test("an odd number of words is not taken by the engine as it is stored", () => {
  expect(holdMatrix([{ rows: 3, values: half(9, 1) }], 3, { turned: false })).toBeNull();
});

test("it has a gradient: d sum(W x) / dx is the column sums of W", () => {
  // 1, 2, 3 and 4, 5, 6.
  const data = Uint16Array.of(0x3f80, 0x4000, 0x4040, 0x4080, 0x40a0, 0x40c0);
  const matrix = held([{ rows: 2, values: { dtype: "BF16", data } }], 3);
  const x = tf.tensor2d([[0.5], [-1], [2]]);
  const gradient = withGradients(() => tf.grad((v) => tf.sum(linear(matrix, v as Tensor2D)))(x)) as Tensor2D;
  expect([...gradient.dataSync()]).toEqual([5, 7, 9]);
  matrix.dispose();
  tf.dispose([x, gradient]);
});

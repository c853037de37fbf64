/** Ops that become one call, beside the same ops called one by one. */
// @needs engine

import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startEngine } from "../../../../src/model/tensor/engines/start.js";
import { geluTanh, normColumns, siluTimes, softmax } from "../../../../src/model/tensor/formulas.js";
import { linear } from "../../../../src/model/tensor/linear.js";
import { inOneCall } from "../../../../src/model/tensor/one-call/one-call.js";
import {
  add,
  batchMatMul,
  exponential,
  gather,
  matMul,
  mean,
  multiply,
  scaled,
  sigmoid,
  split,
  sum,
  transpose,
} from "../../../../src/model/tensor/ops.js";
import { startProfile } from "../../../../src/model/tensor/profile.js";
import { type Tensor, type Tensor2D, tf } from "../../../../src/model/tensor/tf.js";
import { callsOf } from "../../../support/engine-calls.js";
import { bits, wave } from "../../../support/waves.js";

let kinds = 0;
let kind = "";

beforeAll(() => startEngine("native"));

// Each test has calls that nobody has made before.
beforeEach(() => {
  kind = `test ${kinds++}`;
  tf.engine().startScope();
});

afterEach(() => tf.engine().endScope());

/** More ops than are called by themselves before a graph is made. */
const OFTEN = 400;

/** A norm, a product, a gate, a turn and a softmax: what blocks are made of. */
function body(x: Tensor2D, weight: Tensor2D): Tensor[] {
  const normed = normColumns(x, { centres: true, eps: 1e-5 });
  const product = linear(weight, normed);
  const [upper, lower] = split(product, { sizes: [8, 8], axis: 0 }) as [Tensor2D, Tensor2D];
  const gated = siluTimes(upper, lower);
  const turned = gather(transpose(gated, [1, 0]), [1, 0, 1], 0);
  return [softmax(scaled(turned, 0.7)), add(multiply(gated, gated), upper)];
}

function together(x: Tensor2D, weight: Tensor2D): Tensor[] {
  return inOneCall({ kind, inputs: [x, weight] }, () => body(x, weight));
}

/** Calls it until it has a graph. */
function warm(x: Tensor2D, weight: Tensor2D): void {
  for (let time = 0; time < OFTEN; time++) tf.tidy(() => void together(x, weight));
}

test("is one call after a while, to the bit what the ops give, whatever the numbers and the lengths", async () => {
  const weights = wave(16, 12, 0.2);
  warm(wave(12, 5, 0.7), weights);
  for (const [columns, step] of [
    [5, 0.11],
    [2, 0.9],
    [33, 0.05],
  ] as const) {
    const [x, weight] = [wave(12, columns, step), wave(16, 12, step + 1)];
    const alone = bits(body(x, weight));
    // The first time a length is seen its constants are written down.
    expect(bits(together(x, weight))).toEqual(alone);
    let again: Tensor[] = [];
    const calls = await callsOf(() => {
      again = together(x, weight);
    });
    expect(calls).toEqual({ ops: 0, graphs: 1 });
    expect(bits(again)).toEqual(alone);
  }
});

test("ops are called by themselves as long as a graph would cost more", async () => {
  const x = wave(12, 7, 0.7);
  const rare = (): Tensor[] => inOneCall({ kind, inputs: [x] }, () => [add(multiply(add(x, x), x), multiply(x, x))]);
  expect(await callsOf(() => [rare(), rare()])).toEqual({ ops: 8, graphs: 0 });
});

test("what uses a tensor that is no input is never repeated for another", () => {
  const x = wave(3, 4, 0.5);
  const first = x.dataSync()[0] as number;
  for (let time = 0; time < OFTEN; time++) {
    const total = tf.tidy(() => {
      const hidden = tf.fill([3, 4], time);
      const twenty = (): Tensor => Array.from({ length: 20 }).reduce<Tensor>((whole) => add(whole, hidden), x);
      return inOneCall({ kind, inputs: [x] }, () => [twenty()])[0] as Tensor;
    });
    expect(total.dataSync()[0]).toBeCloseTo(first + 20 * time, 1);
    total.dispose();
  }
});

test("an input that comes back as it is stays itself", () => {
  const x = wave(3, 4, 0.5);
  for (let time = 0; time < 3; time++) expect(inOneCall({ kind, inputs: [x] }, () => [x])[0]).toBe(x);
});

test("a profile has every op", async () => {
  const [x, weight] = [wave(12, 5, 0.7), wave(16, 12, 0.2)];
  warm(x, weight);
  const stop = startProfile();
  together(x, weight);
  const calls = stop?.().calls ?? [];
  expect(calls.map(({ op }) => op)).toContain("MatMul");
  expect(calls).toHaveLength((await callsOf(() => body(x, weight))).ops);
  expect(await callsOf(() => together(x, weight))).toEqual({ ops: 0, graphs: 1 });
});

test("nothing is left", () => {
  const [x, weight] = [wave(12, 5, 0.7), wave(16, 12, 0.2)];
  const before = tf.memory().numTensors;
  warm(x, weight);
  expect(tf.memory().numTensors).toBe(before);
});

test("no op, and no two that the library could make one, have another kernel in a graph", async () => {
  const [x, column, square] = [wave(16, 7, 0.31), wave(16, 1, 0.5), wave(16, 16, 0.2)];
  const inputs = [x, column, square];
  const bodies: Record<string, () => Tensor> = {
    softmax: () => softmax(x),
    siluTimes: () => siluTimes(x, multiply(x, column)),
    silu: () => multiply(scaled(x, 1), sigmoid(x)),
    geluTanh: () => geluTanh(x),
    exponential: () => exponential(x),
    sigmoid: () => sigmoid(x),
    mean: () => mean(x, 0),
    sum: () => sum(x, 1),
    "layer norm": () => normColumns(x, { centres: true, eps: 1e-5, affine: { weight: column, bias: column } }),
    "product and sum": () => add(linear(square, x), column),
    "products, one of them scaled": () => scaled(batchMatMul(scaled(x, 0.3), x, true), 2),
    "softmax of a product": () => softmax(scaled(batchMatMul(x, x, true), 0.5)),
    "product of a softmax": () => matMul(softmax(square), x),
  };
  for (const [name, compute] of Object.entries(bodies)) {
    const alone = bits([compute()]);
    const joined = (): Tensor[] => inOneCall({ kind: `${kind} ${name}`, inputs }, () => [compute()]);
    // Of one op a graph is made when it was called this often.
    for (let time = 0; time < 3001; time++) tf.tidy(() => void joined());
    let results: Tensor[] = [];
    const calls = await callsOf(() => {
      results = joined();
    });
    expect([name, calls, ...bits(results)]).toEqual([name, { ops: 0, graphs: 1 }, ...alone]);
  }
});

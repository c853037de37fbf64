/** Ops that are one call each way for derivatives, beside the same ops recorded one by one. */
// @needs engine

import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Tape } from "../../../src/model/gradient/tape.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { normColumns, siluTimes } from "../../../src/model/tensor/formulas.js";
import { linear } from "../../../src/model/tensor/linear.js";
import { inOneCall } from "../../../src/model/tensor/one-call/one-call.js";
import { add, multiply, split } from "../../../src/model/tensor/ops.js";
import { recordingWith } from "../../../src/model/tensor/recording.js";
import { type Tensor, type Tensor2D, tf } from "../../../src/model/tensor/tf.js";
import { callsOf } from "../../support/engine-calls.js";
import { wave } from "../../support/waves.js";

let kinds = 0;
let kind = "";

beforeAll(() => startEngine("native"));

// Each test has calls that nobody has made before.
beforeEach(() => {
  kind = `costly ${kinds++}`;
  tf.engine().startScope();
});

afterEach(() => tf.engine().endScope());

/** More derivatives than are taken before both ways are graphs. */
const OFTEN = 240;

/** Two results of which the first needs the second's factors too. */
function body([x, y]: readonly Tensor[], weight: Tensor2D): [Tensor2D, Tensor2D] {
  const product = linear(weight, normColumns(x as Tensor2D, { centres: true, eps: 1e-5 }));
  const [upper, lower] = split(product, { sizes: [8, 8], axis: 0 }) as [Tensor2D, Tensor2D];
  const gated = siluTimes(upper, lower);
  return [add(multiply(gated, y as Tensor2D), lower), lower];
}

interface Way {
  /** Of which results gradients are given. */
  readonly from: readonly (0 | 1)[];
  readonly isOne: boolean;
  /** Is a tensor in between watched too? */
  readonly watches?: boolean;
}

/** Gradients by both inputs, and by what is watched in between. */
function gradients(inputs: readonly Tensor2D[], weight: Tensor2D, { from, isOne, watches = false }: Way): string[] {
  const tape = new Tape();
  const found: string[] = [];
  // No gradient is one of zeros.
  const watch = (x: Tensor): void =>
    tape.watch(x, (gradient) => {
      const { buffer } = ((gradient ?? tf.zerosLike(x)).dataSync() as Float32Array).slice();
      found.push(Buffer.from(buffer).toString("hex"));
    });
  return tf.tidy(() => {
    for (const x of inputs) watch(x);
    const compute = (moving: readonly Tensor[]): [Tensor2D, Tensor2D] => {
      const results = body(moving, weight);
      if (watches) watch(results[1]);
      return results;
    };
    const joint = { kind, moving: inputs, fixed: [weight], again: compute, isCostly: true };
    const calls = { kind, inputs: [...inputs, weight], joint };
    const results = recordingWith(tape, () => (isOne ? inOneCall(calls, () => compute(inputs)) : compute(inputs)));
    tape.backward(new Map(from.map((place) => [(results[place] as Tensor).id, tf.onesLike(results[place] as Tensor)])));
    tape.dispose();
    return found;
  });
}

function inputsOf(columns: number, step: number): [Tensor2D, Tensor2D] {
  return [wave(12, columns, step), wave(8, columns, step + 0.4)];
}

test("is one call each way after a while, with the digits of the single ops, whatever the numbers and the lengths", async () => {
  const way = { from: [0, 1], isOne: true } as const;
  for (let time = 0; time < OFTEN; time++) gradients(inputsOf(5, 0.7), wave(16, 12, 0.2), way);
  for (const [columns, step] of [
    [5, 0.11],
    [2, 0.9],
    [33, 0.05],
  ] as const) {
    const [inputs, weight] = [inputsOf(columns, step), wave(16, 12, step + 1)];
    const apart = gradients(inputs, weight, { ...way, isOne: false });
    expect(apart).toHaveLength(2);
    // Until the constants of a length are written down, each way.
    for (let time = 0; time < 2; time++) expect(gradients(inputs, weight, way)).toEqual(apart);
    const calls = await callsOf(() => expect(gradients(inputs, weight, way)).toEqual(apart));
    expect(calls.graphs).toBe(2);
  }
});

test("gradients by other results than before are right, and one call again after a while", async () => {
  const [inputs, weight] = [inputsOf(5, 0.3), wave(16, 12, 0.2)];
  const wanted = ([[0, 1], [0], [1]] as const).map((from) => gradients(inputs, weight, { from, isOne: false }));
  for (const [place, from] of ([[0, 1], [0], [1]] as const).entries()) {
    for (let time = 0; time < OFTEN; time++)
      expect(gradients(inputs, weight, { from, isOne: true })).toEqual(wanted[place]);
    const calls = await callsOf(() => gradients(inputs, weight, { from, isOne: true }));
    expect([from, calls.graphs]).toEqual([from, 2]);
  }
});

test("what is watched in between has its gradient", () => {
  const [inputs, weight] = [inputsOf(5, 0.3), wave(16, 12, 0.2)];
  const way = { from: [0], watches: true } as const;
  const apart = gradients(inputs, weight, { ...way, isOne: false });
  expect(apart).toHaveLength(3);
  for (let time = 0; time < OFTEN; time++) expect(gradients(inputs, weight, { ...way, isOne: true })).toEqual(apart);
});

test("nothing is left", () => {
  const [inputs, weight] = [inputsOf(5, 0.3), wave(16, 12, 0.2)];
  const before = tf.memory().numTensors;
  for (let time = 0; time < OFTEN; time++) gradients(inputs, weight, { from: [0, 1], isOne: true });
  expect(tf.memory().numTensors).toBe(before);
});

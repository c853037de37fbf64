/** Calls that follow one another as a single one, beside the same calls one by one. */
// @needs engine

import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startEngine } from "../../../../src/model/tensor/engines/start.js";
import { normColumns } from "../../../../src/model/tensor/formulas.js";
import { inOneChain, type Link, type Made } from "../../../../src/model/tensor/one-call/chain.js";
import { inOneCall } from "../../../../src/model/tensor/one-call/one-call.js";
import { add, matMul, multiply, scaled, split } from "../../../../src/model/tensor/ops.js";
import { recordingWith } from "../../../../src/model/tensor/recording.js";
import { type Tensor, type Tensor2D, tf } from "../../../../src/model/tensor/tf.js";
import { callsOf } from "../../../support/engine-calls.js";
import { bits, wave } from "../../../support/waves.js";

let kinds = 0;
let kind = "";

beforeAll(() => startEngine("native"));

// Each test has calls that nobody has made before.
beforeEach(() => {
  kind = `chain ${kinds++}`;
  tf.engine().startScope();
});

afterEach(() => tf.engine().endScope());

/** More calls than are made before a graph of three links is. */
const OFTEN = 400;

/** Two halves of a product; their gate by a constant of its own; and what both links were given, added to it. */
function linksOf(
  x: Tensor2D,
  weight: Tensor2D,
): { readonly links: readonly Link[]; readonly results: readonly Made[] } {
  const shape = [4, x.shape[1]];
  const made = (link: number, output: number): Made => ({ link, output, shape });
  const links = [
    { kind: `${kind} halves`, inputs: [weight, x] },
    { kind: `${kind} gate`, inputs: [made(0, 1), made(0, 0)] },
    { kind: `${kind} sum`, inputs: [x, made(1, 0), weight] },
  ];
  return { links, results: [made(2, 0), made(0, 1)] };
}

function oneByOne(x: Tensor2D, weight: Tensor2D): Tensor[] {
  const [halves, gate, sum] = linksOf(x, weight).links.map((link) => link.kind) as [string, string, string];
  const [upper, lower] = inOneCall({ kind: halves, inputs: [weight, x] }, () => {
    const product = matMul(weight, normColumns(x, { centres: false, eps: 1e-5 }));
    return split(product, { sizes: [4, 4], axis: 0 }) as [Tensor2D, Tensor2D];
  });
  const [gated] = inOneCall(
    { kind: gate, inputs: [lower, upper] },
    () => [multiply(scaled(lower, 0.7), upper)] as const,
  );
  const [total] = inOneCall({ kind: sum, inputs: [x, gated, weight] }, () => {
    const [first] = split(matMul(weight, x), { sizes: [4, 4], axis: 0 }) as [Tensor2D];
    return [add(first, gated)] as const;
  });
  return [total, lower];
}

function chained(x: Tensor2D, weight: Tensor2D): Tensor[] | null {
  const chain = linksOf(x, weight);
  const given = chain.links.flatMap(({ inputs }) => inputs.filter((input): input is Tensor => !("link" in input)));
  return inOneChain({ key: `${kind} of ${x.shape}`, given, chain: () => chain });
}

function warm(x: Tensor2D, weight: Tensor2D, how: (x: Tensor2D, weight: Tensor2D) => unknown): void {
  for (let time = 0; time < OFTEN; time++) tf.tidy(() => void how(x, weight));
}

test("is nothing before its links have graphs, and then one call with their bits, whatever the numbers and the lengths", async () => {
  const weights = wave(8, 8, 0.2);
  expect(chained(wave(8, 5, 0.7), weights)).toBeNull();
  warm(wave(8, 5, 0.7), weights, oneByOne);
  warm(wave(8, 5, 0.7), weights, chained);
  for (const [columns, step] of [
    [5, 0.11],
    [2, 0.9],
    [33, 0.05],
  ] as const) {
    const [x, weight] = [wave(8, columns, step), wave(8, 8, step + 1)];
    // The first time a length is seen its links' constants are written down.
    const apart = bits(oneByOne(x, weight));
    let together: Tensor[] | null = null;
    const calls = await callsOf(() => {
      together = chained(x, weight);
    });
    expect(calls).toEqual({ ops: 0, graphs: 1 });
    expect(bits(together ?? [])).toEqual(apart);
  }
});

test("is nothing while ops are recorded, whose derivatives are wanted one by one", () => {
  const [x, weight] = [wave(8, 5, 0.7), wave(8, 8, 0.2)];
  warm(x, weight, oneByOne);
  warm(x, weight, chained);
  expect(chained(x, weight)).toHaveLength(2);
  const record = (): void => undefined;
  expect(recordingWith({ record, recordJoint: record }, () => chained(x, weight))).toBeNull();
});

test("nothing is left", () => {
  const [x, weight] = [wave(8, 5, 0.7), wave(8, 8, 0.2)];
  warm(x, weight, oneByOne);
  const before = tf.memory().numTensors;
  warm(x, weight, chained);
  expect(tf.memory().numTensors).toBe(before);
});

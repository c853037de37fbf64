/** The program of a process: what the engine's kernels give, as JSON on stdout. `node --import tsx kernel-numbers.ts`, with the kernels that `CODILENS_KERNELS` names. */

import { pullOf } from "../../src/model/gradient/derivatives.js";
import { nativeBackend } from "../../src/model/tensor/engine.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import {
  addBias,
  addStates,
  geluTanh,
  geluTanhOfSum,
  joinedHeads,
  normColumns,
  siluTimes,
  softmax,
  softmaxOfMasked,
  swappedAxes,
  turnedBy,
} from "../../src/model/tensor/formulas.js";
import { hasKernels, kernelHeads, kernelTop } from "../../src/model/tensor/kernels.js";
import { headProducts, linear } from "../../src/model/tensor/linear.js";
import { add, reshape, scaled, slice, split, transpose } from "../../src/model/tensor/ops.js";
import { type OpCall, recordingWith } from "../../src/model/tensor/recording.js";
import { type Tensor, type Tensor2D, type Tensor4D, tf } from "../../src/model/tensor/tf.js";
import { cellsOf, columnsOf, HEADS, logitsOf, PRODUCTS, ROWS, SIZES, TOPS, wave, widthsOf } from "./kernel-shapes.js";

const { version } = await startEngine("native");
const numbers: Record<string, string> = {};
const keep = (name: string, tensor: Tensor): void => {
  numbers[name] = Buffer.from((tensor.dataSync() as Float32Array).slice().buffer).toString("base64");
};
const matrix = (rows: number, columns: number, step: number): Tensor2D =>
  tf.tensor2d(wave(rows * columns, step), [rows, columns]);

/** An op, and the gradients by its inputs at the first places where `gradient` is the one by its result. */
function withBack(op: () => Tensor, gradient: Tensor, places: readonly number[] = [0]): [Tensor, ...Tensor[]] {
  const calls: OpCall[] = [];
  const record = (call: OpCall): void => {
    calls.push(call);
  };
  const output = recordingWith({ record, recordJoint: () => undefined }, op);
  const call = calls.at(-1);
  if (call === undefined) throw new RangeError("No op was heard of");
  const pulled = pullOf(call, { places, output, keep: (x) => x })(gradient);
  return [output, ...(pulled as readonly Tensor[])];
}
const keepBack = (name: string, found: readonly Tensor[]): void => {
  for (const [place, each] of found.slice(1).entries()) keep(`${name} back ${place}`, each);
};

for (const [rows, width] of SIZES) {
  const weight = matrix(rows, width, 1.3);
  for (const columns of columnsOf) {
    const x = matrix(width, columns, 2.1);
    const [product, back] = withBack(() => linear(weight, x), matrix(rows, columns, 0.7)) as [Tensor, Tensor];
    keep(`product ${rows} ${width} ${columns}`, product);
    keep(`transposed ${rows} ${width} ${columns}`, back);
    keep(`product ${rows} ${width} ${columns} first`, linear(weight, slice(x, [0, 0], [width, 1])));
  }
  const [most, ten] = [matrix(width, 70, 1.7), 10];
  keep(`product ${rows} ${width} 70 first ten`, slice(linear(weight, most), [0, 0], [rows, ten]));
  keep(`product ${rows} ${width} 10 of 70`, linear(weight, slice(most, [0, 0], [width, ten])));
  const gradient = matrix(rows, 70, 1.9);
  const [, whole] = withBack(() => linear(weight, most), gradient) as [Tensor, Tensor2D];
  const [, part] = withBack(
    () => linear(weight, slice(most, [0, 0], [width, ten])),
    slice(gradient, [0, 0], [rows, ten]),
  ) as [Tensor, Tensor2D];
  keep(`transposed ${rows} ${width} 70 first ten`, slice(whole, [0, 0], [width, ten]));
  keep(`transposed ${rows} ${width} 10 of 70`, part);
  weight.dispose();
}
for (const cells of cellsOf)
  for (const size of [64, 67]) {
    const [x, weight, bias] = [matrix(size, cells, 0.9), matrix(size, 1, 0.3), matrix(size, 1, 0.4)];
    keep(`rms ${size} ${cells}`, normColumns(x, { centres: false, eps: 1e-5, affine: { weight, bias: null } }));
    keep(`layer ${size} ${cells}`, normColumns(x, { centres: true, eps: 1e-5, affine: { weight, bias } }));
    const last = slice(x, [0, cells - 1], [size, 1]);
    keep(`layer ${size} ${cells} last`, normColumns(last, { centres: true, eps: 1e-5, affine: { weight, bias } }));
    keep(`gelu ${size} ${cells}`, geluTanh(scaled(x, 3)));
    keep(`gate ${size} ${cells}`, siluTimes(scaled(x, 3), matrix(size, cells, 0.8)));
    keep(`bias ${size} ${cells}`, addBias(x, bias));
    const gradient = matrix(size, cells, 1.1);
    const rms = { centres: false, eps: 1e-5, affine: { weight, bias: null } };
    keepBack(
      `rms ${size} ${cells}`,
      withBack(() => normColumns(x, rms), gradient),
    );
    const layer = { centres: true, eps: 1e-5, affine: { weight, bias } };
    keepBack(
      `layer ${size} ${cells}`,
      withBack(() => normColumns(x, layer), gradient),
    );
    keepBack(
      `plain ${size} ${cells}`,
      withBack(() => normColumns(x, { centres: true, eps: 1e-5 }), gradient),
    );
    const wide = scaled(x, 3);
    keepBack(
      `gelu ${size} ${cells}`,
      withBack(() => geluTanh(wide), gradient),
    );
    const gate = (): Tensor => siluTimes(wide, matrix(size, cells, 0.8));
    keepBack(`gate ${size} ${cells}`, withBack(gate, gradient, [0, 1]));
    keep(`gelu of sum ${size} ${cells}`, geluTanhOfSum(x, bias));
    keep(`gelu of the sum ${size} ${cells}`, geluTanh(addBias(x, bias)));
  }
for (const cells of hasKernels() ? cellsOf : [])
  for (const k of TOPS) {
    const logits = tf.tensor2d(logitsOf(cells), [ROWS, cells]);
    keep(`top ${k} of ${cells}`, kernelTop(logits, k));
    keep(`top ${k} of ${cells} first`, kernelTop(slice(logits, [0, 0], [ROWS, 1]), k));
  }
for (const width of widthsOf) {
  const [shares, back] = withBack(() => softmax(scaled(matrix(37, width, 0.6), 20)), matrix(37, width, 1.1)) as [
    Tensor,
    Tensor,
  ];
  keep(`softmax ${width}`, shares);
  keep(`softmax ${width} back 0`, back);
}
for (const { heads, kvHeads, dHead, rows, columns, turns } of HEADS) {
  const name = `heads ${heads} ${kvHeads} ${dHead} ${rows} ${columns} ${turns}`;
  const all = heads + 2 * kvHeads;
  const flat = matrix(all * dHead, rows * columns, 0.77);
  const angles = (step: number): Tensor4D => tf.tensor4d(wave(dHead * rows * columns, step), [1, dHead, rows, columns]);
  const turn = turns ? [angles(0.2), angles(0.25)] : [];
  const whole = reshape<tf.Rank.R4>(flat, [all, dHead, rows, columns]);
  const [straight, v] = split(whole, { sizes: [heads + kvHeads, kvHeads], axis: 0 }) as [Tensor4D, Tensor4D];
  const [cos, sin] = turn;
  if (cos !== undefined && sin !== undefined)
    keepBack(
      name,
      withBack(() => turnedBy(straight, { cos, sin }), reshape(matrix(straight.size, 1, 1.1), straight.shape)),
    );
  const turned = cos === undefined || sin === undefined ? straight : turnedBy(straight, { cos, sin });
  const [q, k] = split(turned, { sizes: [heads, kvHeads], axis: 0 }) as [Tensor4D, Tensor4D];
  const byRow = (x: Tensor4D): Tensor4D => transpose(x, [2, 0, 3, 1]);
  const wanted = [scaled(byRow(q), 0.25), byRow(k), byRow(v)];
  const found = !hasKernels() ? wanted : kernelHeads(flat, { heads, kvHeads, dHead, rows, columns, scale: 0.25, turn });
  for (const [place, each] of found.entries()) keep(`${name} part ${place}`, each);
  for (const [place, each] of wanted.entries()) keep(`${name} of ops ${place}`, each);
  const [queries] = wanted as [Tensor4D];
  keep(`${name} part 3`, joinedHeads(queries));
  keep(`${name} of ops 3`, transpose(queries, [1, 3, 0, 2]));
  keep(`${name} part 4`, swappedAxes(queries));
  keep(`${name} of ops 4`, transpose(queries, [0, 2, 1, 3]));
}
const beside = matrix(1024, 1024, 0.1);
for (const [batch, heads, queries, keys, depth] of PRODUCTS) {
  const four = (rows: number, width: number, step: number): Tensor4D =>
    reshape(matrix(batch * heads * rows, width, step), [batch, heads, rows, width]);
  const name = `${batch} ${heads} ${queries} ${keys} ${depth}`;
  const scores = headProducts(four(queries, depth, 0.51), four(keys, depth, 0.37), { beside, transposeB: true });
  keep(`scores ${name}`, scores);
  keep(`mixture ${name}`, headProducts(four(queries, keys, 0.51), four(keys, depth, 0.37), { beside }));
  const mask = tf.tensor4d(
    wave(batch * queries * keys, 0.83).map((value) => (value > 0.5 ? -1e30 : 0)),
    [batch, 1, queries, keys],
  );
  keep(`masked ${name}`, softmaxOfMasked(scores, mask));
  keep(`masked by ops ${name}`, softmax(add(scores, mask)));
  keep(`sum ${name}`, addStates(matrix(300, keys, 0.2), matrix(300, keys, 0.3)));
  keep(`sum by ops ${name}`, add(matrix(300, keys, 0.2), matrix(300, keys, 0.3)));
}
// Exponents that no float holds, and what is no number.
const odd = tf.tensor1d([-1e9, -200, -104, -88, -87.4, 0, 88, 1e9, Number.NaN]);
keep("odd gate", siluTimes(odd, tf.onesLike(odd)));
keep("odd softmax", softmax(tf.tensor2d([0, -1e9, -3e38, 1, -90], [1, 5])));
process.stdout.write(JSON.stringify({ version, cpu: nativeBackend() !== null, numbers }));

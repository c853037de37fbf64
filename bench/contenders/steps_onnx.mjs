/** Prefill, latent and decode steps by onnxruntime-node:    node steps_onnx.mjs PACKAGE EXPORT (a folder of bench/make/onnx_export.py) */

import { openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";
import { serve, timed } from "./lines.mjs";

const [pkg, folder] = process.argv.slice(2);
const require = createRequire(join(pkg, "package.json"));
const { InferenceSession, Tensor } = require(pkg);
const sizes = JSON.parse(readFileSync(join(folder, "done.json"), "utf8"));
const { layers, kvHeads, dHead, dModel, positions = false, projection = true } = sizes;
const threads = cpus().length;
const open = (name) =>
  InferenceSession.create(join(folder, `${name}.onnx`), {
    intraOpNumThreads: threads,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
const [body, head, prj] = [await open("body"), await open("head"), projection ? await open("prj") : null];
const embedFile = openSync(join(folder, "embed.bin"), "r");

/** Rows of the embedding `[batch, columns, dModel]`, read from the file: the graph of the blocks takes latents as well. */
function embed(ids, batch) {
  const data = new Float32Array(ids.length * dModel);
  for (const [i, id] of ids.entries()) {
    const row = new Uint8Array(data.buffer, i * dModel * 4, dModel * 4);
    readSync(embedFile, row, 0, row.length, id * dModel * 4);
  }
  return new Tensor("float32", data, [batch, ids.length / batch, dModel]);
}

function emptyCache(batch) {
  const none = () => new Tensor("float32", new Float32Array(0), [batch, kvHeads, 0, dHead]);
  return { length: 0, k: Array.from({ length: layers }, none), v: Array.from({ length: layers }, none) };
}

async function forward(x, cache) {
  const [batch, columns] = x.dims;
  const length = cache.length + columns;
  const feeds = {
    x,
    seqlens_k: new Tensor("int32", new Int32Array(batch).fill(length - 1), [batch]),
    total: new Tensor("int32", Int32Array.of(length), []),
  };
  if (positions) {
    const fed = BigInt64Array.from({ length: columns }, (_, i) => BigInt(cache.length + i));
    feeds.pos = new Tensor("int64", fed, [columns]);
  }
  for (let l = 0; l < layers; l++) {
    feeds[`past_k${l}`] = cache.k[l];
    feeds[`past_v${l}`] = cache.v[l];
  }
  const out = await body.run(feeds);
  const pick = (name) => Array.from({ length: layers }, (_, l) => out[`${name}${l}.out`]);
  return { last: out.last, cache: { length, k: pick("k"), v: pick("v") } };
}

const best = async (h) => Array.from((await head.run({ h })).best.data, Number);
/** The next latents' inputs: projections, or the states themselves where there is none. */
const project = async (h) => {
  const x = prj === null ? h : (await prj.run({ h })).x;
  return new Tensor("float32", x.data, [x.dims[0], 1, dModel]);
};

function repeated(tensor, rows) {
  const [, ...rest] = tensor.dims;
  const data = new Float32Array(tensor.data.length * rows);
  for (let row = 0; row < rows; row++) data.set(tensor.data, row * tensor.data.length);
  return new Tensor("float32", data, [rows, ...rest]);
}

let kept;
async function expanded(prompt, rows) {
  const key = prompt.join();
  if (kept?.key !== key) kept = { key, ...(await forward(embed(prompt, 1), emptyCache(1))) };
  const { cache, last } = kept;
  const all = (list) => list.map((each) => repeated(each, rows));
  return { last: repeated(last, rows), cache: { length: cache.length, k: all(cache.k), v: all(cache.v) } };
}

async function prefill({ ids, repeat = 1 }) {
  let value;
  const { seconds } = await timed(async () => {
    for (let i = 0; i < repeat; i++) value = await best((await forward(embed(ids, 1), emptyCache(1))).last);
  });
  return { seconds: seconds / repeat, ids: value };
}

async function latent({ prompt, rows, steps }) {
  let { last, cache } = await expanded(prompt, rows);
  let x = await project(last);
  for (let row = 0; row < rows; row++) for (let i = 0; i < dModel; i++) x.data[row * dModel + i] *= 1 + 0.01 * row;
  const { seconds } = await timed(async () => {
    for (let step = 0; step < steps; step++) {
      ({ last, cache } = await forward(x, cache));
      x = await project(last);
    }
  });
  return { seconds: seconds / steps, ids: await best(last) };
}

async function decode({ prompt, rows, steps, first }) {
  let { last, cache } = await expanded(prompt, rows);
  let tokens = Array.from({ length: rows }, (_, row) => first + row);
  const ids = [];
  const { seconds } = await timed(async () => {
    for (let step = 0; step < steps; step++) {
      ({ last, cache } = await forward(embed(tokens, rows), cache));
      tokens = await best(last);
      ids.push(...tokens);
    }
  });
  return { seconds: seconds / steps, ids };
}

const { version } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8"));
await serve(`onnxruntime-node ${version}, float32, ${threads} threads`, { prefill, latent, decode });

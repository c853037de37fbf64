/** What the engine's plain product and a sum over much memory reach:    node --import tsx ours-ceilings.mts */

import { adapterDescription } from "../../scripts/setup/webgpu-adapter.mjs";
import { mostTensorBytes } from "../../src/model/tensor/engine.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { gpuOfNode } from "../../src/model/tensor/engines/webgpu.js";
import { matMul } from "../../src/model/tensor/ops.js";
import { type Tensor2D, tf } from "../../src/model/tensor/tf.js";
import { type Reply, type Request, serve, timed } from "../protocol.mjs";

const info = await startEngine("auto");

async function product({ rows, inner, outer, repeat }: Request): Promise<Reply> {
  const [r, i, o, n] = [rows, inner, outer, repeat].map(Number) as [number, number, number, number];
  const x: Tensor2D = tf.ones([i, r]);
  // As many different matrices as do not fit a cache, as a model's layers are.
  const weights = Array.from(
    { length: Math.max(1, Math.min(16, Math.floor(2 ** 28 / (i * o * 4)))) },
    (_, k): Tensor2D => tf.fill([o, i], 0.01 + k * 1e-9),
  );
  const once = (k: number): Tensor2D => matMul(weights[k % weights.length] ?? x, x);
  const wait = (y: Tensor2D): Promise<unknown> => tf.tidy(() => tf.slice(y, [0, 0], [1, 1])).data();
  const first = once(0);
  await wait(first);
  first.dispose();
  const { seconds } = await timed(async () => {
    for (let k = 0; k < n; k++) {
      const y = once(k);
      if (k === n - 1) await wait(y);
      y.dispose();
    }
  });
  tf.dispose([x, ...weights]);
  return { seconds: seconds / n };
}

async function read({ bytes, repeat }: Request): Promise<Reply> {
  // In as many parts as tensors can be large.
  const parts = Math.ceil(Number(bytes) / Math.min(mostTensorBytes(), 2 ** 30));
  const all = Array.from({ length: parts }, () => tf.ones([Math.floor(Number(bytes) / parts / 2 ** 14), 2 ** 12]));
  const sum = async (): Promise<void> => {
    const y = tf.tidy(() => tf.addN(all.map((x) => tf.sum(x))));
    await y.data();
    y.dispose();
  };
  await sum();
  const { seconds } = await timed(async () => {
    for (let k = 0; k < Number(repeat); k++) await sum();
  });
  tf.dispose(all);
  return { seconds: seconds / Number(repeat) };
}

async function about(): Promise<Reply> {
  const { device, adapter, notices } = info;
  const found = info.name === "webgpu" ? await (await gpuOfNode()).requestAdapter() : null;
  return {
    device,
    isSoftware: found !== null && adapterDescription(found.info).isSoftware,
    ...(adapter === undefined ? {} : { adapter: [adapter, found?.info.description].filter(Boolean).join(", ") }),
    ...(notices === undefined ? {} : { notices: notices.join("; ") }),
  };
}

await serve({ version: `${info.name} ${info.version} (${info.device})` }, { product, read, about });

/** Products are float32's, whatever the environment asks of the libraries. */
// @needs engine, time

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { EnvironmentError } from "../../../src/base/errors.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { checkFloat32, forbidRounding } from "../../../src/model/tensor/float32.js";
import { type Tensor2D, tf } from "../../../src/model/tensor/tf.js";

const VARIABLES = ["ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE", "TF_SET_ONEDNN_FPMATH_MODE"];

/** Largest difference of a product of 128 terms to float64, from a process that starts the engine as a load does. */
const PROGRAM = `
import { startEngine } from "./src/model/tensor/engines/start.js";
import { tf } from "./src/model/tensor/tf.js";
const { notices = [] } = await startEngine();
const wave = (step) => Float32Array.from({ length: 128 * 128 }, (_, i) => Math.sin(i * step));
const [a, b] = [wave(1.7), wave(2.9)];
const found = await tf.matMul(tf.tensor2d(a, [128, 128]), tf.tensor2d(b, [128, 128])).data();
let worst = 0;
for (let row = 0; row < 128; row++) for (let column = 0; column < 128; column++) {
  let sum = 0;
  for (let k = 0; k < 128; k++) sum += a[row * 128 + k] * b[k * 128 + column];
  worst = Math.max(worst, Math.abs(sum - found[row * 128 + column]));
}
process.stdout.write(JSON.stringify({ worst, notices }));
process.exit(0);
`;

/** Rounds to as many bits of mantissa, as a library does with a product's factors. */
function rounded(x: Tensor2D, bits: number): Tensor2D {
  const step = (value: number): number => 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - bits);
  return tf.tensor2d(
    x.dataSync().map((value) => Math.round(value / step(value)) * step(value)),
    x.shape,
  );
}

describe("forbidRounding()", () => {
  test.each(VARIABLES)("%s=BF16 changes no product, and one line says that it was overridden", (name) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", PROGRAM],
      { encoding: "utf8", env: { ...process.env, [name]: "BF16" } },
    );
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    const { worst, notices } = JSON.parse(stdout) as { worst: number; notices: string[] };
    expect(worst).toBeLessThan(1e-4);
    expect(notices).toEqual([
      `${name}=BF16 would round products to fewer bits than float32 has; STRICT is used instead`,
    ]);
  });

  test("forbids TF32 on GPUs, and is silent about what is strict already", () => {
    const env: NodeJS.ProcessEnv = { NVIDIA_TF32_OVERRIDE: "1", ONEDNN_DEFAULT_FPMATH_MODE: "strict" };
    expect(forbidRounding(env)).toEqual([
      "NVIDIA_TF32_OVERRIDE=1 would round products to fewer bits than float32 has; 0 is used instead",
    ]);
    expect(env).toMatchObject({ NVIDIA_TF32_OVERRIDE: "0", ONEDNN_DEFAULT_FPMATH_MODE: "STRICT" });
  });
});

describe("checkFloat32()", () => {
  test("accepts the engine that computes here", async () => {
    await startEngine();
    await expect(checkFloat32()).resolves.toBeUndefined();
  });

  test.each([
    ["TF32", 10],
    ["BF16", 7],
  ])("finds out products of factors rounded to %s", async (_, bits) => {
    await startEngine();
    const before = tf.memory().numTensors;
    await expect(checkFloat32((a, b) => tf.matMul(rounded(a, bits), rounded(b, bits)))).rejects.toThrow(
      EnvironmentError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("finds out a product that is not a number", async () => {
    await startEngine();
    await expect(checkFloat32((a, b) => tf.mul(tf.matMul(a, b), Number.NaN))).rejects.toThrow(/off by NaN/);
  });
});

/** The WebGPU engine on a software adapter: what it refuses, what it bounds, and what becomes of a run whose GPU is lost. */
// @needs engine, webgpu, time

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { CodiModel } from "../../../src/index.js";
import { openCheckpointFolder } from "../../../src/model/checkpoint/open-folder.js";
import type { Transformer } from "../../../src/model/decoder/transformer.js";
import { logitsOf } from "../../../src/model/latent/load/try-forward.js";
import { uploadModel } from "../../../src/model/latent/load/upload-model.js";
import { layoutWithin } from "../../../src/model/latent/load/weight-layout.js";
import { disposeProjection } from "../../../src/model/latent/projection.js";
import { checkEngine, holdEngine, type StartedEngine } from "../../../src/model/tensor/engine.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { gpuOfNode } from "../../../src/model/tensor/engines/webgpu.js";
import { startDevice } from "../../../src/model/tensor/engines/webgpu-device.js";
import { checkFloat32 } from "../../../src/model/tensor/float32.js";
import { numbersOf } from "../../../src/model/tensor/numbers.js";
import { tf } from "../../../src/model/tensor/tf.js";
import { normalDistributionSuite } from "../../support/normal-distribution-suite.js";
import { modelFolder } from "../../support/parity.js";
import { SOFTWARE_GPU, takeSoftwareGpu } from "../../support/webgpu.js";

takeSoftwareGpu();
const QUESTION = "What is 12 plus 7?";

normalDistributionSuite("webgpu");

/** Another device, which this process computes on from then on. */
async function freshDevice(): Promise<{ engine: StartedEngine; device: GPUDevice }> {
  const engine = await startDevice(await gpuOfNode(), { route: "test", software: true });
  holdEngine(engine);
  return { engine, device: (tf.backend() as unknown as { readonly device: GPUDevice }).device };
}

describe("the WebGPU engine", () => {
  test("says which GPU computes, in float32", async () => {
    const engine = await startEngine("webgpu");
    expect(engine).toMatchObject({ name: "webgpu", device: "gpu", route: "Dawn" });
    expect(engine.adapter).toMatch(/swiftshader/);
    await checkFloat32();
  });

  test("a tensor on the GPU cannot be read synchronously, in one sentence; what lies on the host can", async () => {
    using x = tf.tidy(() => tf.add(tf.ones([4]), 1));
    expect(() => x.dataSync()).toThrow("A tensor on the GPU cannot be read synchronously");
    expect([...(await numbersOf(x))]).toEqual([2, 2, 2, 2]);
    using vector = tf.tensor1d([1, 2]);
    expect([...vector.dataSync()]).toEqual([1, 2]);
  });

  test("an embedding in parts, and a head in parts, give the same numbers", async () => {
    const { engine } = await freshDevice();
    const checkpoint = await openCheckpointFolder("weights/tiny-codi");
    const ids = [0, 500, 7];
    const found: Float32Array[] = [];
    const columns: Float32Array[] = [];
    // The largest other matrix, so that the embedding of 528 rows has a second part.
    for (const tensorBytes of [Number.POSITIVE_INFINITY, 4 * 384 * 64]) {
      holdEngine({ ...engine, tensorBytes });
      const { decoder, projection } = await uploadModel(checkpoint);
      expect((decoder as Transformer).parts.embedding.length).toBe(found.length + 1);
      found.push(await logitsOf(decoder, ids));
      using own = decoder.headColumns(ids);
      columns.push(await numbersOf(own));
      decoder.dispose();
      if (projection !== null) disposeProjection(projection);
    }
    await checkpoint.close();
    expect(found[1]).toEqual(found[0]);
    expect(columns[1]).toEqual(columns[0]);
    expect(found[0]?.every(Number.isFinite)).toBe(true);
  });

  test("a matrix that cannot be in parts and is too large is refused beforehand", async () => {
    const checkpoint = await openCheckpointFolder("weights/tiny-codi");
    await checkpoint.close();
    expect(() => layoutWithin(checkpoint.plan, 4 * 384 * 64 - 4)).toThrow(
      /^layers\.0\.mlp\.gate_up_proj.* takes .* MiB in one piece, and the engine's largest tensor has/,
    );
    expect(layoutWithin(checkpoint.plan, 4 * 384 * 64).partBytes).toBe(4 * 384 * 64);
  });

  test("weights that it cannot hold are refused beforehand", async () => {
    const { engine } = await freshDevice();
    expect(await engine.holds?.(2 ** 20)).toBe(true);
    holdEngine({ ...engine, holds: async (bytes) => bytes < 2 ** 20 });
    await expect(CodiModel.load("weights/tiny-codi", { engine: "webgpu" })).rejects.toMatchObject({
      name: "EnvironmentError",
      exitCode: 5,
      message: expect.stringMatching(
        /^The GPU cannot hold weights\/tiny-codi: its weights take .+ in float32, and so much was refused$/,
      ),
    });
  });

  test("an operation that it refuses unseen is an error at the next read", async () => {
    const { device } = await freshDevice();
    device.createBuffer({ size: 2 ** 42, usage: GPUBufferUsage.STORAGE });
    using x = tf.tidy(() => tf.add(tf.ones([4]), 1));
    await expect(numbersOf(x)).rejects.toThrow(/^The GPU refused an operation: /);
  });

  test("memory that is spare is given back", async () => {
    await freshDevice();
    const bytes = (): number =>
      (tf.memory() as unknown as { readonly numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
    let destroyed = 0;
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = function () {
      destroyed += this.size;
      return destroy.call(this);
    };
    try {
      for (let k = 0; k < 4; k++) {
        using first = tf.tidy(() => tf.slice(tf.add(tf.ones([2 ** 24 + k]), 1), 0, 1));
        await numbersOf(first);
      }
    } finally {
      GPUBuffer.prototype.destroy = destroy;
    }
    // Eight of 64 MiB were needed, no two of one size.
    expect(bytes()).toBeLessThan(2 ** 28 + 2 ** 27);
    expect(destroyed).toBeGreaterThanOrEqual(2 ** 28);
  });

  test("a GPU that is lost in a run ends it with exit code 5, and all that follow", async () => {
    const { device } = await freshDevice();
    using model = await CodiModel.load(modelFolder("full-heads"), { engine: "webgpu" });
    const submit = device.queue.submit.bind(device.queue);
    let count = 0;
    device.queue.submit = (commands) => {
      count += 1;
      if (count === 20) device.destroy();
      submit(commands);
    };
    const running = model.run(QUESTION);
    const lost = { name: "EnvironmentError", exitCode: 5, message: expect.stringMatching(/^The GPU was lost \(/) };
    await expect(running).rejects.toMatchObject(lost);
    await expect(model.run(QUESTION)).rejects.toMatchObject(lost);
    expect(checkEngine).toThrow("The GPU was lost");
  });
});

describe("a software adapter", () => {
  test("is refused unless it is asked for, in one sentence", () => {
    const program = `const { startEngine } = await import("./src/model/tensor/engines/start.js");
      await startEngine("webgpu").catch(({ exitCode, message, hint }) => console.log(JSON.stringify({ exitCode, message, hint })));
      process.exit(0);`;
    const env = { ...process.env, ...SOFTWARE_GPU, CODILENS_WEBGPU_SOFTWARE: "" };
    const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      encoding: "utf8",
      env,
    });
    expect(JSON.parse(stdout)).toEqual({
      exitCode: 5,
      message: expect.stringMatching(/^Cannot start the WebGPU engine: its only adapter, .*, computes on the CPU/),
      hint: expect.stringContaining("CODILENS_WEBGPU_SOFTWARE=1"),
    });
  });
});

describe("what `doctor` asks WebGPU", () => {
  const asked = (driver: string): { readonly row: string; readonly todo: string | null } => {
    const program = `const { doctor } = await import("./scripts/setup/doctor.mjs"); doctor(true);`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      env: { ...process.env, ...SOFTWARE_GPU, VK_DRIVER_FILES: driver },
    });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; found: string; todo: string | null }[] };
    const own = checks.find(({ name }) => name === "WebGPU");
    return { row: own?.found ?? "", todo: own?.todo ?? null };
  };

  test("gives the adapter, its driver and its limits", () => {
    expect(asked(SOFTWARE_GPU.VK_DRIVER_FILES)).toEqual({
      row: expect.stringMatching(
        /swiftshader.* \(SwiftShader driver .*\); largest tensor \d+ MiB, largest buffer \d+ MiB;/,
      ),
      todo: null,
    });
  });

  test("or says why there is none", () => {
    expect(asked("/nowhere.json")).toEqual({
      row: expect.stringMatching(/^no adapter: .*nowhere\.json/),
      todo: "install the GPU's driver (Vulkan on Linux)",
    });
  });
});

/** Experiments on WebGPU: the native engine's answers, engine and adapter in the manifest, and a run that goes on after its GPU was lost. */
// @needs engine, webgpu, time

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ExperimentOptions } from "../../src/experiments/plan/options.js";
import { runHere } from "../../src/experiments/work/local-worker.js";
import { holdEngine } from "../../src/model/tensor/engine.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { gpuOfNode } from "../../src/model/tensor/engines/webgpu.js";
import { startDevice } from "../../src/model/tensor/engines/webgpu-device.js";
import { tf } from "../../src/model/tensor/tf.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();

const notices: string[] = [];

async function run(options: ExperimentOptions): Promise<void> {
  const signal = new AbortController().signal;
  await runHere(options, { signal, notice: (text) => void notices.push(text), progress: () => undefined });
}

/** The GPU is lost after so many batches of commands from now on. */
function loseAfter(submissions: number): void {
  const { device, queue } = tf.backend() as unknown as { readonly device: GPUDevice; readonly queue: GPUQueue };
  const submit = queue.submit.bind(queue);
  let count = 0;
  queue.submit = (commands) => {
    count += 1;
    if (count === submissions) device.destroy();
    submit(commands);
  };
}

const recordsOf = (dir: string): string[] => readFileSync(join(dir, "records.jsonl"), "utf8").trim().split("\n");

describe("an experiment on WebGPU", () => {
  const [whole, stopped] = [temporaryFolder("codilens-webgpu-"), temporaryFolder("codilens-webgpu-")];
  const options = (out: string): ExperimentOptions => tinyExperiment(out, 3, { engine: "webgpu", workers: 4 });
  beforeAll(() => run(options(whole)));

  test("predicts what the reference predicts, and every study finds its conditions", () => {
    const rows = readFileSync("weights/tiny-codi/problems_100.jsonl", "utf8")
      .trim()
      .split("\n")
      .map(
        (line) =>
          JSON.parse(line) as { question: string; reference: { answer_ids: number[]; zeroed_layer8: number[][] } },
      );
    const records = recordsOf(whole).map((line) => JSON.parse(line) as ExperimentRecord);
    expect(records.filter(({ status }) => status !== "ok")).toEqual([]);
    const baselines = records.filter(({ study }) => study === "baseline");
    expect(baselines.length).toBe(3);
    let compared = 0;
    for (const record of records) {
      if (record.status !== "ok") continue;
      const { reference } = rows.find(({ question }) => question === record.problem.question) ?? {};
      const ids = record.answer.tokens.map(({ id }) => id);
      if (record.study === "baseline") expect(ids).toEqual(reference?.answer_ids);
      const zeroed = /^zero:blocks\.8\.hook_resid_post@latent\.(\d)$/.exec(record.condition.interventions.join())?.[1];
      if (zeroed === undefined) continue;
      expect(ids.slice(0, 12)).toEqual(reference?.zeroed_layer8[Number(zeroed)]);
      compared += 1;
    }
    expect(compared).toBe(18);
    expect(new Set(records.map(({ study }) => study)).size).toBeGreaterThan(2);
  });

  test("says engine and adapter in the manifest, the adapter in the fingerprint too, and computes with one worker", () => {
    const manifest = JSON.parse(readFileSync(join(whole, "manifest.json"), "utf8")) as {
      fingerprint: Record<string, unknown>;
      stamp: { engine: Record<string, unknown>; workers: number };
    };
    expect(manifest.fingerprint).toMatchObject({ engine: "webgpu", adapter: expect.stringMatching(/swiftshader/) });
    expect(manifest.stamp.engine).toMatchObject({
      name: "webgpu",
      device: "gpu",
      adapter: manifest.fingerprint["adapter"],
    });
    expect(manifest.stamp.workers).toBe(1);
    expect(notices).toContain("one worker computes, not 4: on WebGPU they would share the GPU, each with the weights");
  });

  test("whose GPU is lost ends with exit code 5; the same run goes on, and its records are those of a run in one piece", async () => {
    loseAfter(300);
    await expect(run(options(stopped))).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/^The GPU was lost/),
    });
    // Another process would start another device.
    expect((await startEngine("webgpu")).name).toBe("webgpu");
    holdEngine(await startDevice(await gpuOfNode(), { route: "Dawn", software: true }));
    await run(options(stopped));
    expect(recordsOf(stopped)).toEqual(recordsOf(whole));
  });
});

/** Experiments on WebGPU: the native engine's records, engine and adapter in manifest and records, and a run that goes on after its GPU was lost. */
// @needs build, engine, webgpu, time

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { ExperimentOptions } from "../../src/experiments/plan/options.js";
import { runHere } from "../../src/experiments/work/run-here.js";
import type { Manifest } from "../../src/records/manifest.js";
import { recordDifferences, recordsOf } from "../support/close-records.js";
import { linesOf } from "../support/lines-of.js";
import { smallModel } from "../support/small-model.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();

/** What docs/engines.md states. */
const TOLERANCE = 1e-4;
// In software an operation takes milliseconds.
const MODEL = await smallModel("half", { blocks: 1, latents: 1 });
const DATA = join(temporaryFolder("codilens-webgpu-data-"), "problems.jsonl");
writeFileSync(
  DATA,
  [2, 3].map((n) => `${JSON.stringify({ question: `${n} and 2?`, answer: `#### ${n + 2}` })}\n`).join(""),
);

const [whole, native, lost] = [0, 1, 2].map(() => temporaryFolder("codilens-webgpu-")) as [string, string, string];
const notices: string[] = [];

const options = (out: string, engine: "native" | "webgpu"): ExperimentOptions => ({
  ...tinyExperiment(out, 2, { model: MODEL, data: DATA, layers: [0], ablateLayer: 0, rows: 2 }),
  ...{ maxNewTokens: 1, controls: false, engine, workers: 4 },
});

async function run(dir: string): Promise<void> {
  const signal = new AbortController().signal;
  await runHere(options(dir, "webgpu"), {
    signal,
    notice: (text) => void notices.push(text),
    progress: () => undefined,
  });
}

function manifestOf(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as Manifest;
}

describe("an experiment on WebGPU", () => {
  beforeAll(() => run(whole));

  test("gives the native engine's tokens and verdicts under every condition, and its numbers within the stated tolerance", () => {
    const program = ["--import", "tsx", "test/support/run-here.ts", JSON.stringify(options(native, "native"))];
    const { status, stderr } = spawnSync(process.execPath, program, { encoding: "utf8" });
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    const found = recordDifferences(recordsOf(native), recordsOf(whole));
    expect(found.unequal).toEqual([]);
    expect(found.records).toBe(4);
    expect(found.floats).toBeGreaterThan(10);
    // Not bit for bit either: another engine computed.
    expect(found.largest).toBeGreaterThan(0);
    expect(found.largest).toBeLessThan(TOLERANCE);
  });

  test("names engine and adapter in manifest, fingerprint and every record, and says that one worker computes", () => {
    const { fingerprint, stamp } = manifestOf(whole);
    const adapter = expect.stringMatching(/swiftshader/);
    expect(stamp).toMatchObject({ workers: 1, engine: { name: "webgpu", device: "gpu", adapter } });
    expect(fingerprint).toMatchObject({ engine: "webgpu", adapter });
    const named = { name: "webgpu", version: fingerprint["engineVersion"], adapter: fingerprint["adapter"] };
    expect(recordsOf(whole).map(({ engine }) => engine)).toEqual(recordsOf(whole).map(() => named));
    expect(recordsOf(native).filter((record) => "engine" in record)).toEqual([]);
    expect(notices).toContain("one worker computes, not 4: on WebGPU they would share the GPU, each with the weights");
  });

  test("whose GPU is lost ends with 5 and keeps what was computed; the same run goes on, and ends with the same bytes", async () => {
    const asked = ["--model", MODEL, "--data", DATA, "--problems", "2", "--layers", "0", "--ablate-layer", "0"];
    const more = ["--rows", "2", "--max-new-tokens", "1", "--no-controls", "--engine", "webgpu", "--out", lost];
    const preload = `--import ${pathToFileURL("test/support/lose-gpu.mjs").href}`;
    const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", "experiment", ...asked, ...more], {
      encoding: "utf8",
      env: { ...process.env, NODE_OPTIONS: preload, CODILENS_TEST_LOSE_GPU: "2" },
    });
    expect([status, stderr]).toEqual([5, expect.stringMatching(/^error: The GPU was lost \(.*\n {2}→ start again/m)]);
    const kept = linesOf(lost);
    expect(kept.length).toBe(2);
    expect(kept).toEqual(linesOf(whole).slice(0, kept.length));
    expect(manifestOf(lost).status).toBe("started");
    expect(existsSync(join(lost, "SHA256SUMS"))).toBe(false);
    await run(lost);
    expect(manifestOf(lost).status).toBe("complete");
    expect(linesOf(lost)).toEqual(linesOf(whole));
  });
});

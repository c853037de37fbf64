/** Experiments on a Coconut, its pause control and a model without latents: what a study lacks is said, and nothing false is. */
// @needs engine, build, time

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { analyzeRun } from "../../src/analysis.js";
import { prepare } from "../../src/experiments/plan/prepare.js";
import { runHere } from "../../src/experiments/work/run-here.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { twoProblems } from "../support/data-file.js";
import { modelFolder } from "../support/parity.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const dir = mkdtempSync(join(tmpdir(), "protocol-runs-"));
afterAll(() => rmSync(dir, { recursive: true }));
const data = twoProblems();

interface Ran {
  readonly notices: readonly string[];
  readonly records: readonly { readonly study: string; readonly protocol: string; readonly residual?: object }[];
  readonly manifest: { readonly model: object; readonly leftOut?: readonly object[]; readonly fingerprint: object };
  /** All that the analysis writes for a reader. */
  readonly said: string;
}

async function ran(name: string, more: Parameters<typeof tinyExperiment>[2]): Promise<Ran> {
  const out = join(
    dir,
    `${name}-${Object.values(more ?? {})
      .join("-")
      .slice(0, 40)}`,
  );
  const base = { model: modelFolder(name), data, layers: [1], ablateLayer: 1, maxNewTokens: 4, studies: ["residual"] };
  const notices: string[] = [];
  const { status } = await runHere(tinyExperiment(out, 2, { ...base, engine: "native", ...more }), {
    signal: new AbortController().signal,
    notice: (text) => void notices.push(text),
    progress: () => undefined,
  });
  expect(status).toBe("complete");
  await analyzeRun(out, { latex: true });
  const read = (file: string): string => readFileSync(join(out, file), "utf8");
  const page = read("report.html").replace(/<script[\s\S]*?<\/script>/g, "");
  return {
    notices,
    records: read("records.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Ran["records"][number]),
    manifest: JSON.parse(read("manifest.json")) as Ran["manifest"],
    said: `${page}\n${read("latex/methods.tex")}`,
  };
}

describe("residual", () => {
  test("under coconut goes straight through the final norm, and no sentence speaks of a projection", async () => {
    const { notices, records, manifest, said } = await ran("coconut-llama", { latents: 3 });
    expect(notices.join("\n")).toMatch(/2 of 2 questions are asked with a newline after them, as the reference does/);
    expect(said).toMatch(/2 of 2 questions were asked with a newline after them/);
    expect(said).not.toMatch(/every two blanks/);
    expect(notices).toContain("protocol coconut (its weights are named base_causallm.…)");
    expect(notices.filter((each) => /latents/.test(each))).toEqual([
      expect.stringMatching(/coconut-llama: 3 latents a question: it was asked for, and codi.json says 4$/),
    ]);
    expect(manifest).toMatchObject({
      model: { protocol: "coconut", latents: 3, latentsBecause: "it was asked for" },
      fingerprint: { latents: 3 },
    });
    expect(records[0]).toMatchObject({ protocol: "coconut", residual: { inputs: [{}, {}, {}] } });
    expect(said).not.toMatch(/through the projection|projection's biases|manner of CODI/i);
    expect(said).toMatch(/state after the final norm as it is/);
    expect(said).toMatch(/hao2024/);
  });

  test("under pause has no inputs to take apart, says so in the run, the manifest and the report, and has no column of them", async () => {
    const { notices, records, manifest, said } = await ran("coconut-llama-pause", {});
    const why = "has no object under protocol pause, where every latent's input is the same learned vector";
    expect(notices).toContain(`residual: “what each latent's input is made of” not run: it ${why}`);
    expect(manifest.leftOut).toEqual([
      { study: "residual", condition: "what each latent's input is made of", reason: why },
    ]);
    expect(records[0]).toMatchObject({ residual: { inputs: [], others: null } });
    expect(said).not.toMatch(/projection|latents&#39; inputs, share|latents' inputs, share|manner of CODI/i);
    expect(said).toMatch(/changes no later latent/);
  });
});

test("without latents only the baseline is run, and every study that was wanted is named", async () => {
  const { notices, records, manifest, said } = await ran("coconut-llama", {
    protocol: "none",
    studies: ["residual", "budget"],
  });
  expect(records.map(({ study }) => study)).toEqual(["baseline", "baseline"]);
  expect(manifest.model).toMatchObject({ protocol: "none", latents: 0, latentsBecause: "protocol none has none" });
  expect(manifest.leftOut?.map((each) => (each as { study: string }).study)).toEqual(["budget", "residual"]);
  expect(notices).toContain("not run: budget, residual: each is about latents, and protocol none has none");
  expect(said).toMatch(/not run: budget, residual/);
  expect(said).not.toMatch(/manner of CODI|Zeroing takes/);
});

test("a plan needs what the weights have", async () => {
  const options = tinyExperiment(join(dir, "plan"), 1, { protocol: "coconut", dryRun: true, engine: "native" });
  const hooks = { startEngine: () => startEngine("native") };
  await expect(prepare(options, hooks)).rejects.toThrow(
    /protocol coconut was asked for, but its weights have a projection/,
  );
});

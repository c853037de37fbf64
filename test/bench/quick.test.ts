/** The whole command on tiny shapes, without peers. */
// @needs time, build

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "codilens-bench-test-"));
let status: number | null = null;
let json: { groups: Record<string, { targets: { measured: number | null }[] }> };
let results = "";

beforeAll(() => {
  const args = [
    "--quick",
    "--only",
    "ceilings,steps,gpt2,study,hooks,scale,gpu",
    "--rounds",
    "1",
    "--whole",
    "1",
    "--json",
  ];
  const places = ["--out", folder, "--work", folder, "--peers", join(folder, "none"), "--python", join(folder, "none")];
  const run = spawnSync(process.execPath, ["--import", "tsx", "bench/run.mts", ...args, ...places], {
    encoding: "utf8",
  });
  status = run.status;
  if (status !== 0) throw new Error(run.stderr.slice(-2000));
  json = JSON.parse(run.stdout) as typeof json;
  results = readFileSync(join(folder, "RESULTS.md"), "utf8");
});
afterAll(() => rmSync(folder, { recursive: true }));

const sectionOf = (name: string): string => results.split(`### ${name}\n`)[1]?.split("\n### ")[0] ?? "";

describe("a quick run without peers", () => {
  test("measures ours in every group that was asked for, and writes a section for each", () => {
    expect(Object.keys(json.groups)).toEqual(["ceilings", "steps", "gpt2", "study", "hooks", "scale", "gpu"]);
    for (const name of Object.keys(json.groups)) expect(results).toContain(`### ${name}\n\nQuick run on tiny shapes`);
    for (const section of [sectionOf("steps"), sectionOf("gpt2")])
      for (const step of ["prefill, 16 tokens", "latent step, 1 row", "decode step, 64 rows"])
        expect(section).toMatch(new RegExp(`\\| ${step} \\| [\\d.]+ (?:ms|s)`));
  });

  test("names every peer as absent, and leaves targets that need one without a figure", () => {
    for (const name of [
      "PyTorch",
      "onnxruntime-node",
      "llama.cpp",
      "TransformerLens",
      "nnsight",
      "the original's loop",
    ])
      expect(results).toContain(`Absent: ${name} (`);
    expect(results).toContain("| best batched PyTorch / ours | at least 1.1 | – | not measured |");
    for (const name of ["PyTorch", "onnxruntime-node", "llama.cpp"])
      expect(sectionOf("gpt2")).toContain(`Absent: ${name} (`);
    for (const group of ["steps", "gpt2"]) expect(json.groups[group]?.targets[0]?.measured).toBeNull();
  });

  test("runs the study on random weights and on tiny-codi blown up, and says what ours feeds beside the bare loop", () => {
    const needs = [
      ...results.matchAll(
        /^\| the bare loop \| 2 \| – \| – \| ([\d.]+) \|\n\| ours \| 2 \| [\d.]+ \| 1 \| ([\d.]+) \|$/gm,
      ),
    ];
    expect(needs.length).toBe(2);
    for (const [, bare, fed] of needs) {
      expect(Number(fed)).toBeGreaterThan(0.95 * Number(bare));
      expect(Number(fed)).toBeLessThan(3 * Number(bare));
    }
    expect(results).toMatch(/\*\*tiny-codi blown up\*\*[\s\S]*\d+ of 12 in ours/);
  });

  test("runs one experiment over workers and shards", () => {
    expect(results).toMatch(/\| 1 worker \| [^|]+ \| 1.00 \|/);
    expect(results).toMatch(/\| 2 workers \| [^|]+ \| [\d.]+ \|/);
    expect(results).toMatch(/ shards at once \| [^|]+ \| [\d.]+ \|/);
  });

  test("estimates nothing where there is no GPU, and draws no figure of nothing", () => {
    expect(results).toContain("No device.");
    expect(existsSync(join(folder, "figures", "steps.png"))).toBe(false);
  });
});

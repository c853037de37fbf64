/** `experiment --control-model`: the same plan on the control, in a folder below the run's, resumed, and refused where it cannot be. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../../src/analysis/summary-types.js";
import type { OkRecord } from "../../src/records/record.js";
import { linesOf } from "../support/lines-of.js";
import { temporaryFolder } from "../support/temporary.js";

const out = join(temporaryFolder("codilens-control-"), "run");
const experiment = (...more: string[]): ReturnType<typeof spawnSync> => {
  const args = ["experiment", "--model", "tiny-coconut", "--study", "lens", "--problems", "4", "--layers", "3"];
  const all = [...args, "--no-controls", "--no-progress", "--workers", "1", "--out", out, ...more];
  return spawnSync(process.execPath, ["scripts/codilens.mjs", ...all], { encoding: "utf8", timeout: 240_000 });
};
const CONTROL = ["--control-model", "tiny-coconut-pause"];

test("runs both models on the same problems, resumes the control alone, and refuses shards", () => {
  const { status, stderr } = experiment(...CONTROL, "--json");
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const records = (folder: string): OkRecord[] => linesOf(folder).map((line) => JSON.parse(line) as OkRecord);
  const [own, control] = [records(out), records(join(out, "control"))];
  expect(new Set(own.map(({ protocol }) => protocol))).toEqual(new Set(["coconut"]));
  expect(new Set(control.map(({ protocol }) => protocol))).toEqual(new Set(["pause"]));
  expect(control.map(({ problem }) => problem.id)).toEqual(own.map(({ problem }) => problem.id));
  const summary = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as Summary;
  expect(summary.control).toMatchObject({ model: "tiny-coconut-pause", protocol: "pause", baseline: { n: 4 } });

  const before = readFileSync(join(out, "control", "records.jsonl"), "utf8");
  const sums = readFileSync(join(out, "SHA256SUMS"), "utf8");
  rmSync(join(out, "control"), { recursive: true });
  expect(experiment(...CONTROL).status).toBe(0);
  expect(readFileSync(join(out, "control", "records.jsonl"), "utf8")).toBe(before);
  expect(readFileSync(join(out, "SHA256SUMS"), "utf8")).toBe(sums);

  const sharded = experiment(...CONTROL, "--shard", "1/2");
  expect(sharded.status).toBe(2);
  expect(sharded.stderr).toContain("--control-model runs two models one after the other, and --shard computes pieces");
}, 240_000);

test("an embedded model has its control by default, a folder of its name and a piece of a run have none", () => {
  const home = temporaryFolder("codilens-control-default-");
  const entry = resolve("scripts/codilens.mjs");
  const planned = (...more: string[]): unknown => {
    const args = [
      entry,
      "experiment",
      "--problems",
      "1",
      "--layers",
      "8",
      "--dry-run",
      "--json",
      "--out",
      "o",
      ...more,
    ];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: home });
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    return (JSON.parse(stdout) as { control?: { dir: string } }).control?.dir;
  };
  expect(planned()).toBe(join(home, "o", "control"));
  expect(planned("--model", "tiny-codi")).toBe(join(home, "o", "control"));
  expect([planned("--no-control-model"), planned("--shard", "0/2"), planned("--model", "tiny-pause")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  symlinkSync(resolve("weights/tiny-codi"), join(home, "tiny-codi"));
  // Without a name the embedded model runs, whatever lies here.
  expect([planned(), planned("--model", "tiny-codi")]).toEqual([join(home, "o", "control"), undefined]);
}, 240_000);

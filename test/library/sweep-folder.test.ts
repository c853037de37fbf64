/** A sweep in a run folder: it goes on where it was stopped, ends with the same bytes, and is analysed as any run. */
// @needs build, engine, time

import { createHash } from "node:crypto";
import { existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { analyzeRun } from "../../src/analysis/index.js";
import { prepare } from "../../src/experiments/plan/prepare.js";
import {
  at,
  CodiModel,
  hook,
  loadProblems,
  openSweep,
  type Problem,
  range,
  type SweepProgress,
  tf,
} from "../../src/index.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { readRecords } from "../../src/records/record-line.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

let model: CodiModel;
let problems: Problem[];
beforeAll(async () => {
  model = await CodiModel.load("tiny-codi");
  problems = await loadProblems("tiny-codi", { n: 36, seed: 3 });
});
afterAll(() => model.dispose());

const over = { latent: range(2), double: [false, true] };
const double = hook("blocks.4.hook_resid_post", at.latent(0), (x) => tf.mul(x, 2), { id: "double" });

interface Kept {
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
}

const swept = (kept: Kept, some: readonly Problem[] = problems) =>
  model.sweep(some, {
    over,
    do: ({ latent, double: twice }) => [`zero:blocks.3.hook_resid_post@latent.${latent}`, ...(twice ? [double] : [])],
    measure: ["correct", "kl", { name: "tokens", of: (run) => run.answer.ids.length }],
    controls: ["random direction"],
    ...kept,
  });

const sha = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

test("stopped between its batches it keeps what is finished, goes on, and ends with the bytes of an undisturbed one", async () => {
  const folder = temporaryFolder("codilens-sweep-");
  const [whole, torn] = [join(folder, "whole"), join(folder, "torn")];
  const told: SweepProgress[] = [];
  const result = await swept({ out: whole, onProgress: (progress) => told.push(progress) });
  expect(told.at(-1)).toEqual({ done: 36 * 9, total: 36 * 9 });
  const { records } = readRecords(readFileSync(join(whole, "records.jsonl")), "whole");
  expect(records).toHaveLength(36 * 9);
  expect(records.map(({ problem }) => problem.index)).toEqual(
    range(36).flatMap((i) => Array.from({ length: 9 }, () => i)),
  );

  // The second batch of problems is never begun.
  const stop = new AbortController();
  let calls = 0;
  const stopping = hook("blocks.4.hook_resid_post", at.latent(0), double.apply, { id: "double" });
  const reading = model.sweep(problems, {
    over,
    do: ({ latent, double: twice }) => [`zero:blocks.3.hook_resid_post@latent.${latent}`, ...(twice ? [stopping] : [])],
    measure: [
      "correct",
      "kl",
      {
        name: "tokens",
        of: (run) => {
          calls += 1;
          if (calls === 1) stop.abort(new Error("enough"));
          return run.answer.ids.length;
        },
      },
    ],
    controls: ["random direction"],
    out: torn,
    signal: stop.signal,
  });
  await expect(reading).rejects.toThrow("enough");
  const kept = readRecords(readFileSync(join(torn, "records.jsonl")), "torn").records.length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(36 * 9);
  // That measure is another function; a folder of the sweep itself is made by tearing off its end.
  await expect(swept({ out: torn })).rejects.toThrow(/belongs to another run: measures/);

  const path = join(whole, "records.jsonl");
  const [before, size] = [sha(path), readFileSync(path).length];
  truncateSync(path, Math.round(size / 3));
  const again = await swept({ out: whole });
  expect(sha(path)).toBe(before);
  expect(JSON.stringify(again)).toBe(JSON.stringify(result));
  // A whole one computes nothing and is left as it is.
  const manifest = readFileSync(join(whole, "manifest.json"), "utf8");
  await swept({ out: whole });
  expect(readFileSync(join(whole, "manifest.json"), "utf8")).toBe(manifest);

  const opened = openSweep(whole);
  expect(JSON.stringify(opened)).toBe(JSON.stringify(result));
  expect(() => openSweep(folder)).toThrow(`${folder} holds no sweep`);

  const summary = await analyzeRun(whole);
  const [study] = summary.studies;
  expect(study?.name).toBe("sweep");
  expect(study?.conditions.map(({ condition }) => condition)).toContain("latent 1, double true");
  expect(study?.conditions.filter(({ isControl }) => isControl)).toHaveLength(4);
  const right = study?.conditions.find(({ condition }) => condition === "latent 0, double false")?.right;
  expect(right?.count).toBe(
    result
      .at({ latent: 0, double: false })
      .rows()
      .filter(({ correct }) => correct).length,
  );
  expect(existsSync(join(whole, "report.html"))).toBe(true);
});

test("a folder of other problems, cells or settings is refused, and nothing in it changes", async () => {
  const out = join(temporaryFolder("codilens-sweep-"), "run");
  const some = problems.slice(0, 2);
  const spec = {
    over: { latent: [0] },
    do: () => "zero:blocks.3.hook_resid_post@latent.0",
    measure: ["kl"],
    out,
  } as const;
  await model.sweep(some, spec);
  const before = sha(join(out, "records.jsonl"));
  await expect(model.sweep(problems.slice(1, 3), spec)).rejects.toThrow(/belongs to another run: dataSha256/);
  await expect(model.sweep(some, { ...spec, do: () => "zero:blocks.4.hook_resid_post@latent.0" })).rejects.toThrow(
    /belongs to another run: cells/,
  );
  await expect(model.sweep(some, { ...spec, measure: ["correct"] })).rejects.toThrow(
    /belongs to another run: measures/,
  );
  await expect(model.sweep(some, { ...spec, seed: 1 })).rejects.toThrow(/belongs to another run: seed/);
  expect(sha(join(out, "records.jsonl"))).toBe(before);
});

test("a folder is refused where a callback's body has changed under the same id", async () => {
  const out = join(temporaryFolder("codilens-sweep-"), "run");
  const some = problems.slice(0, 2);
  const spec = { over: { latent: [0] }, measure: ["kl"], out } as const;
  const RESID = "blocks.4.hook_resid_post";
  await model.sweep(some, { ...spec, do: () => hook(RESID, at.latent(0), (x) => tf.mul(x, 2), { id: "scaled" }) });
  const changed = model.sweep(some, {
    ...spec,
    do: () => hook(RESID, at.latent(0), (x) => tf.mul(x, 3), { id: "scaled" }),
  });
  await expect(changed).rejects.toThrow(/belongs to another run: cells/);
});

test("a signal that is aborted already starts nothing", async () => {
  const out = join(temporaryFolder("codilens-sweep-"), "run");
  await expect(swept({ out, signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  expect(existsSync(out)).toBe(false);
});

test("loadProblems draws what the command draws, reads a list as a file with the same rows, and says what is wrong", async () => {
  const { data, fingerprint } = await prepare(
    { ...tinyExperiment("unused", 36), seed: 3 },
    { startEngine: () => startEngine("auto") },
  );
  expect(problems.map(({ id }) => id)).toEqual(fingerprint.problems);
  expect(await loadProblems("weights/tiny-codi/problems_100.jsonl")).toEqual(data.set.problems);
  expect(await loadProblems([{ question: "How many?", answer: "3 + 4 = <<3+4=7>>7 #### 7" }])).toEqual([
    { id: "line-1", question: "How many?", expected: 7, difficulty: "1-step", steps: [7], equations: ["3+4=7"] },
  ]);
  await expect(loadProblems("tiny-codi", { n: 0 })).rejects.toThrow("n is 0, wanted a whole number of at least 1");
  await expect(loadProblems([{ question: "How many?", answer: "many" }])).rejects.toThrow(
    "the list of problems, entry 1",
  );
  expect(range(0.1, 0.4, 0.1)).toHaveLength(3);
  expect(range(3, 0, -1)).toEqual([3, 2, 1]);
  expect(() => range(1, 2, 0)).toThrow("range has a step of 0");
});

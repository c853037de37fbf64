/** A control's findings from a thread of their own: those that this thread makes, and what each problem adds to their numbers. */
// @needs build

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadRun } from "../../src/analysis/index.js";
import { Beside, isWorthThread } from "../../src/analysis/lanes/beside.js";
import { studyFindings } from "../../src/analysis/summary.js";
import { EnvironmentError, RunFolderError } from "../../src/base/errors.js";
import type { Finding } from "../../src/studies/finding.js";
import { type MadeRun, madeFolder, madeRecord, madeRecords } from "../support/records.js";

const program = new URL("../../dist/analysis/lanes/beside-thread.js", import.meta.url);
const RUN: MadeRun = { problems: 24, baselineCorrect: (p) => p % 7 !== 3, broken: (p, k) => (p + k) % 3 === 0 };
const CONDITIONS = ["first", "second"].map((name) => ({
  study: "made",
  name,
  interventions: [`zero:blocks.8.hook_resid_post@latent.${name === "first" ? 0 : 1}`],
}));

function folder(): string {
  const own = Array.from({ length: RUN.problems }, (_, p) => CONDITIONS.map((each) => madeRecord(RUN, p, each))).flat();
  return madeFolder([...madeRecords(RUN), ...own]);
}

let beside: Beside | undefined;
afterEach(async () => {
  await beside?.close();
  beside = undefined;
});

function asData({ units: _, ...finding }: Finding): unknown {
  return finding;
}

test("are the same as here, and say what each problem adds where the run's headline asks", async () => {
  const dir = folder();
  const here = studyFindings(loadRun(dir));
  expect(here.length).toBeGreaterThan(0);
  beside = new Beside(dir, program);
  const there = await beside.findings(here);
  expect(there.map(asData)).toEqual(here.map(asData));
  const keys = here.flatMap(({ name, headline, units }) =>
    units === undefined ? [] : (headline?.rows ?? []).map(({ key, label }) => ({ name, key: key ?? label })),
  );
  expect(keys.length).toBeGreaterThan(0);
  const unitsOf = (findings: readonly Finding[]): unknown[] =>
    keys.map(({ name, key }) => findings.find((each) => each.name === name)?.units?.(key) ?? null);
  expect(unitsOf(there)).toEqual(unitsOf(here));
  expect(unitsOf(here).some((units) => units !== null)).toBe(true);
});

test("a damaged record ends it as it would here", async () => {
  const dir = folder();
  writeFileSync(join(dir, "records.jsonl"), '{"schema": 1}\n{"schema": 1}\n');
  beside = new Beside(dir, program);
  await expect(beside.findings([])).rejects.toThrow(RunFolderError);
});

test("a thread that is no more is named", async () => {
  beside = new Beside(folder(), new URL("data:text/javascript,process.exit(3)"));
  await expect(beside.findings([])).rejects.toThrow(EnvironmentError);
  // Whoever asks later waits for nobody.
  await expect(beside.findings([])).rejects.toThrow(EnvironmentError);
});

test("a thread that ends once its findings are there is named too", async () => {
  const says =
    "require('node:worker_threads').parentPort.postMessage({ findings: [] }); setTimeout(() => process.exit(3), 50)";
  beside = new Beside(
    folder(),
    new URL(
      `data:text/javascript,${encodeURIComponent(`import { createRequire } from "node:module"; const require = createRequire("/"); ${says}`)}`,
    ),
  );
  await new Promise((later) => setTimeout(later, 1500));
  await expect(beside.findings([])).rejects.toThrow(EnvironmentError);
});

test("few records are not worth a thread", () => {
  expect(isWorthThread(100)).toBe(false);
});

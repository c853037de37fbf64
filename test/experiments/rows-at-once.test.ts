/** The number of rows at once is kept with the run, so that a resumed run ends with the bytes of an undisturbed one. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ExperimentRecord } from "../../src/experiments/record.js";
import { runExperiment } from "../../src/experiments/runner.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const run = (dir: string, rows?: number): ReturnType<typeof runExperiment> =>
  runExperiment(tinyExperiment(dir, 20, rows === undefined ? {} : { rows }), {
    signal: new AbortController().signal,
    notice: () => undefined,
    progress: () => undefined,
  });
const bytes = (dir: string): string => readFileSync(join(dir, "records.jsonl"), "utf8");
const answers = (text: string): unknown[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ExperimentRecord)
    .map((record) => [record.key, record.status === "ok" ? record.answer.tokens.map(({ id }) => id) : record.status]);
const rowsIn = (dir: string): unknown =>
  (JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as { settings: { rowsPerBatch?: number } }).settings
    .rowsPerBatch;

test("a run resumed where another number would be chosen keeps its own, and its bytes; answers do not depend on it", async () => {
  const [dir, other] = [temporaryFolder("codilens-rows-"), temporaryFolder("codilens-rows-")];
  await run(dir, 24);
  const whole = bytes(dir);
  expect(rowsIn(dir)).toBe(24);
  const lines = whole.split("\n");
  writeFileSync(join(dir, "records.jsonl"), `${lines.slice(0, 40).join("\n")}\n`);
  await run(dir, 128);
  expect(rowsIn(dir)).toBe(24);
  expect(bytes(dir)).toBe(whole);
  await run(other, 128);
  expect(rowsIn(other)).toBe(128);
  expect(answers(bytes(other))).toEqual(answers(whole));
  // Otherwise the test could not tell whether the resumed run kept its rows.
  expect(bytes(other)).not.toBe(whole);
}, 120_000);

/** The number of rows at once is kept with the run, so that a resumed run ends with the bytes of an undisturbed one. */
// @needs engine, time

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { rowsAtOnce } from "../../src/experiments/plan/rows-at-once.js";
import { runHere } from "../../src/experiments/work/run-here.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { BILLION, TINY } from "../support/shapes.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const run = (dir: string, rows?: number): ReturnType<typeof runHere> =>
  runHere(tinyExperiment(dir, 20, { controls: false, ...(rows === undefined ? {} : { rows }) }), {
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

test("without being told, every machine computes as many rows, or what memory allows", () => {
  // At 1B a row's keys and values of 32 positions, twice while they grow, and what passes with it: of three sixteenths of the weights.
  const weights = 4 * (16 * 2048 * (2 * 2048 + 2 * 512 + 3 * 8192) + 128_256 * 2048);
  const row = 4 * (2 * 16 * 2 * 8 * 64 * 32 + 4 * 8192 + 8 * 2048);
  expect(rowsAtOnce(TINY, undefined, 72)).toBe(256);
  expect(rowsAtOnce(BILLION, undefined, 72)).toBe(Math.floor((3 * weights) / 16 / row));
  expect([rowsAtOnce(TINY, 24, 72), rowsAtOnce(BILLION, 4, 72)]).toEqual([24, 4]);
});

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
}, 240_000);

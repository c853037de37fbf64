/** The report says how questions were asked, and where the two readings of answers differ. */
// @needs nothing

import { expect, test } from "vitest";
import { loadRun } from "../../src/analysis/load.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { madeFolder, madeRecords } from "../support/records.js";

const older = madeRecords({ problems: 4 });
const newer = older.map((record, i): ExperimentRecord => {
  if (record.status !== "ok") return record;
  const { predicted, correct } = record.answer;
  const careful = { predicted: i === 3 ? 70 : predicted, noNumberReason: null, correct: i === 3 ? false : correct };
  return {
    ...record,
    schema: 4,
    problem: { ...record.problem, ...(record.problem.id === "p1" ? { asked: "another" } : {}) },
    answer: { ...record.answer, careful, finish: i < 2 ? "limit" : "eos" },
  };
});

test("of records that say it", async () => {
  expect((await loadRun(madeFolder(newer))).notices).toEqual([
    "1 of 4 questions were asked without blanks at their ends and with every two blanks as one, as the reference does",
    "Of 28 answers the careful rule reads another answer than the protocol's in 1, and comes to another verdict in 1; the report counts by the protocol's, and records.jsonl holds both",
    "2 of 28 answers were cut at the most tokens that an answer may have",
  ]);
});

test("older records say nothing of it, and are analysed", async () => {
  for (const schema of [1, 2, 3] as const) {
    const data = await loadRun(madeFolder(older.map((record) => ({ ...record, schema }))));
    expect([data.problems.length, data.notices]).toEqual([4, []]);
  }
});

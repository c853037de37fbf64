/** What the terminal says of a run that is not whole. */
// @needs build

import { expect, test } from "vitest";
import { loadRun, summarize } from "../../src/analysis/index.js";
import { summaryLines } from "../../src/cli/summary-lines.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { madeFolder, madeRecords } from "../support/records.js";

const notesOf = (records: readonly ExperimentRecord[]): string[] =>
  summaryLines(summarize(loadRun(madeFolder(records)))).filter((line) => line.startsWith("note: "));

const records = madeRecords({ problems: 12, broken: (_, latent) => latent === 2 });

test("runs that are missing or failed are said beside the rates, and nothing of a whole run", () => {
  expect(notesOf(records)).toEqual([]);
  const missing = records.filter((_, i) => i !== 0 && i !== 9);
  expect(notesOf(missing)).toEqual([expect.stringMatching(/^note: 2 of 84 runs are missing: .* did not finish/)]);
  const failed = records.map((record, i): ExperimentRecord => {
    if (i !== 9 || record.status !== "ok") return record;
    const { schema, key, study, protocol, problem, condition } = record;
    return {
      schema,
      key,
      study,
      protocol,
      problem,
      condition,
      status: "failed",
      error: { name: "NumericError", message: "not finite" },
    };
  });
  expect(notesOf(failed)).toEqual(["note: 1 run failed and counts nowhere; records.jsonl says why"]);
});

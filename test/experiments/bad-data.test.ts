// @needs nothing

import { describe, expect, test } from "vitest";
import { loadProblems } from "../../src/experiments/problems/load.js";
import { dataFile } from "../support/data-file.js";

const row = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({ question: "How many?", answer: "a\nb\n#### 3", ...change });

describe("a data file", () => {
  test("in another encoding is refused by line instead of becoming other questions", async () => {
    const latin = Buffer.from(row({ question: "caf\u00e9?" }), "latin1");
    const path = dataFile(Buffer.concat([Buffer.from(`${row()}\n`), latin, Buffer.from("\n")]));
    await expect(loadProblems(path, { onBadRow: "fail" })).rejects.toThrow(/line 2: it is not UTF-8/);
    expect((await loadProblems(path, { onBadRow: "skip" })).skipped).toEqual([{ line: 2, reason: "it is not UTF-8" }]);
    await expect(
      loadProblems(dataFile(Buffer.from(`[${row({ question: "\u00e9" })}]`, "latin1")), { onBadRow: "skip" }),
    ).rejects.toThrow(/not JSON in UTF-8/);
  });

  test("keeps every character of a good question", async () => {
    const question = "ünï \uFFFD 😀 \u2028 \u200f?";
    const { problems } = await loadProblems(dataFile(row({ question })), { onBadRow: "fail" });
    expect(problems[0]?.question).toBe(question);
  });

  test("names rows of a JSON array as entries", async () => {
    await expect(loadProblems(dataFile(`[${row()},\n${row({ question: "" })}]`), { onBadRow: "fail" })).rejects.toThrow(
      /entry 2: the question is empty/,
    );
    await expect(loadProblems(dataFile("[null]"), { onBadRow: "fail" })).rejects.toThrow(
      /entry 1: it is not an object/,
    );
  });

  test("says whether a field is missing or not usable", async () => {
    await expect(loadProblems(dataFile('{"question":"q"}'), { onBadRow: "fail" })).rejects.toThrow(
      /field "answer" is missing/,
    );
    await expect(loadProblems(dataFile(row({ answer: [3] })), { onBadRow: "fail" })).rejects.toThrow(
      /field "answer" is not usable/,
    );
  });

  test("has its questions checked against the model, row by row", async () => {
    const path = dataFile(`${row()}\n${row({ question: "long ".repeat(50) })}\n${row()}\n`);
    const check = (question: string): string | null => (question.length > 100 ? "the question is too long" : null);
    await expect(loadProblems(path, { onBadRow: "fail", check })).rejects.toThrow(/line 2: the question is too long/);
    const { problems, skipped } = await loadProblems(path, { onBadRow: "skip", check });
    expect([problems.map(({ id }) => id), skipped.map(({ line }) => line)]).toEqual([["line-1", "line-3"], [2]]);
  });
});

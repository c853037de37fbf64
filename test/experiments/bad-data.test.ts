import { describe, expect, test } from "vitest";
import { loadProblems } from "../../src/experiments/problems.js";
import { perLevel, sampleProblems } from "../../src/experiments/sampling.js";
import { dataFile } from "../support/data-file.js";

const row = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({ question: "How many?", answer: "a\nb\n#### 3", ...change });

describe("a data file", () => {
  test("in another encoding is refused by line instead of becoming other questions", async () => {
    const latin = Buffer.from(row({ question: "caf\u00e9?" }), "latin1");
    const path = dataFile(Buffer.concat([Buffer.from(`${row()}\n`), latin, Buffer.from("\n")]));
    await expect(loadProblems(path, "fail")).rejects.toThrow(/line 2: it is not UTF-8/);
    expect((await loadProblems(path, "skip")).skipped).toEqual([{ line: 2, reason: "it is not UTF-8" }]);
    await expect(
      loadProblems(dataFile(Buffer.from(`[${row({ question: "\u00e9" })}]`, "latin1")), "skip"),
    ).rejects.toThrow(/not JSON in UTF-8/);
  });

  test("keeps every character of a good question", async () => {
    const question = "ünï \uFFFD 😀 \u2028 \u200f?";
    const { problems } = await loadProblems(dataFile(row({ question })), "fail");
    expect(problems[0]?.question).toBe(question);
  });

  test("names rows of a JSON array as entries", async () => {
    await expect(loadProblems(dataFile(`[${row()},\n${row({ question: "" })}]`), "fail")).rejects.toThrow(
      /entry 2: the question is empty/,
    );
    await expect(loadProblems(dataFile("[null]"), "fail")).rejects.toThrow(/entry 1: it is not an object/);
  });

  test("says whether a field is missing or not usable", async () => {
    await expect(loadProblems(dataFile('{"question":"q"}'), "fail")).rejects.toThrow(/field "answer" is missing/);
    await expect(loadProblems(dataFile(row({ answer: [3] })), "fail")).rejects.toThrow(/field "answer" is not usable/);
  });

  test("has its questions checked against the model, row by row", async () => {
    const path = dataFile(`${row()}\n${row({ question: "long ".repeat(50) })}\n${row()}\n`);
    const check = (question: string): string | null => (question.length > 100 ? "the question is too long" : null);
    await expect(loadProblems(path, "fail", check)).rejects.toThrow(/line 2: the question is too long/);
    const { problems, skipped } = await loadProblems(path, "skip", check);
    expect([problems.map(({ id }) => id), skipped.map(({ line }) => line)]).toEqual([["line-1", "line-3"], [2]]);
  });

  test("may hold problems of one step; they are counted and never drawn", async () => {
    const { problems } = await loadProblems(dataFile(`${row()}\n${row({ answer: "a\n#### 3" })}\n`), "fail");
    const sample = sampleProblems(problems, perLevel(8, false), 1);
    expect([sample.problems.map(({ id }) => id), sample.oneStep]).toEqual([["line-1"], 1]);
  });
});

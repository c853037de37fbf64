// @needs nothing

import { describe, expect, test } from "vitest";
import { perLevel, sampleProblems, shortfallNotice, type Wanted } from "../../src/experiments/plan/sampling.js";
import { loadProblems } from "../../src/experiments/problems/load.js";
import type { Problem, Stratum } from "../../src/experiments/problems/problem.js";
import { dataFile } from "../support/data-file.js";

const row = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({ question: "How many?", answer: "<<1+1=2>>\n<<2+1=3>>\n#### 3", ...change });

describe("loadProblems()", () => {
  test("reads GSM8K lines with BOM, CRLF and a blank last line", async () => {
    const { problems } = await loadProblems(
      dataFile(`\uFEFF${row()}\r\n${row({ answer: "a\nb\nc\n#### 1,200" })}\r\n\r\n`),
      { onBadRow: "fail" },
    );
    expect(problems).toMatchObject([
      { id: "line-1", expected: 3, difficulty: "2-step" },
      { id: "line-2", expected: 1200, difficulty: "3-step" },
    ]);
  });

  test("reads the original study's JSON", async () => {
    const { problems } = await loadProblems(
      dataFile(
        JSON.stringify([{ gsm8k_id: 17, question: "q?", answer: "18", difficulty: "5+step", reasoning_steps: 6 }]),
      ),
      { onBadRow: "fail" },
    );
    expect(problems).toEqual([{ id: "17", question: "q?", expected: 18, difficulty: "5+step" }]);
  });

  test.each<[string, string, RegExp]>([
    ["broken JSON", "{oops", /line 2: it is not JSON/],
    [
      "NaN of Python's json",
      '{"question": "NaN \\" NaN", "answer": "1", "difficulty": NaN}',
      /line 2: it is not JSON: it holds NaN, which Python's json writes/,
    ],
    ["a missing field", JSON.stringify({ question: "q" }), /line 2: field "answer"/],
    ["an empty question", row({ question: "  " }), /line 2: the question is empty/],
    ["an answer without a number", row({ answer: "#### many" }), /line 2: the answer .* no usable number/],
    ["a number beyond double", row({ answer: "#### 1e400" }), /line 2: .*no usable number/],
    ["a duplicate id", row({ id: "line-1" }), /line 2: the id "line-1" stands twice/],
  ])("names %s by line, and skips and counts it when told to", async (_, bad, message) => {
    const path = dataFile(`${row()}\n${bad}\n${row()}\n`);
    await expect(loadProblems(path, { onBadRow: "fail" })).rejects.toThrow(message);
    const { problems, skipped } = await loadProblems(path, { onBadRow: "skip" });
    expect([problems.length, skipped.map(({ line }) => line)]).toEqual([2, [2]]);
  });
});

test("the hint of an array with NaN says what Python's json wrote", async () => {
  const path = dataFile('[{"question": "q", "answer": "1", "score": NaN}]');
  const error = await loadProblems(path, { onBadRow: "fail" }).catch((failure: unknown) => failure);
  expect(error).toMatchObject({ hint: expect.stringMatching(/^write null in its place/) });
});

describe("sampleProblems()", () => {
  const pool = Array.from({ length: 80 }, (_, i) => ({
    id: `${i}`,
    question: "q",
    expected: i,
    difficulty: (["2-step", "3-step", "4-step", "5+step"] as const)[i % 4] ?? "2-step",
  }));

  const counts = (wanted: readonly Wanted[]): string => wanted.map(({ level, count }) => `${count} ${level}`).join();
  const evenly = { total: 10, testMode: false };

  test("takes the asked number of each level, the same for the same seed, others for another", () => {
    const ids = (seed: number): string[] =>
      sampleProblems(pool, perLevel(pool, evenly), seed).problems.map(({ id }) => id);
    expect(counts(perLevel(pool, evenly))).toBe("3 2-step,3 3-step,2 4-step,2 5+step");
    expect(counts(perLevel(pool, { testMode: true }))).toBe("3 2-step,3 3-step,2 4-step,2 5+step");
    expect(counts(perLevel(pool, { testMode: false }))).toBe("25 2-step,25 3-step,25 4-step,25 5+step");
    expect(ids(42)).toEqual(ids(42));
    expect(ids(42)).not.toEqual(ids(43));
    expect(new Set(ids(42)).size).toBe(10);
  });

  test("problems of one step and of unknown steps are strata of their own where there are any; the others keep their draw", () => {
    const some = (n: number, difficulty: Stratum): Problem[] =>
      Array.from({ length: n }, (_, i) => ({ id: `${difficulty} ${i}`, question: "q", expected: i, difficulty }));
    const more = [...pool, ...some(20, "1-step"), ...some(20, "unknown")];
    const wanted = perLevel(more, { total: 12, testMode: false });
    expect(counts(wanted)).toBe("2 1-step,2 2-step,2 3-step,2 4-step,2 5+step,2 unknown");
    const drawn = sampleProblems(more, wanted, 42).problems;
    expect(drawn.slice(2, 10)).toEqual(
      sampleProblems(pool, perLevel(pool, { total: 8, testMode: false }), 42).problems,
    );
    expect(counts(perLevel(some(9, "unknown"), { testMode: false }))).toBe("100 unknown");
    expect(counts(perLevel([...some(3, "1-step"), ...some(3, "2-step")], { testMode: false }))).toBe(
      "50 1-step,50 2-step",
    );
  });

  test("says where there were too few, once", () => {
    const said = (total: number | undefined): string | null =>
      shortfallNotice(sampleProblems(pool, perLevel(pool, { total, testMode: false }), 1), { total, usable: 80 });
    expect(sampleProblems(pool, perLevel(pool, { testMode: false }), 1).shortfall).toHaveLength(4);
    expect(said(80)).toBeNull();
    expect(said(1000)).toBe("1000 problems were asked for and the file has 80 usable ones: all are taken");
    expect(said(undefined)).toMatch(
      /^the file has 80 usable problems: all are taken \(20 of 25 with difficulty 2-step/,
    );
    expect(() =>
      sampleProblems(pool.slice(1, 2), perLevel(pool.slice(1, 2), { total: 1, testMode: false }), 1),
    ).toThrow(/0 of 1 with difficulty 2-step/);
  });
});

/** Data files as pyarrow, Python's gzip and zipfile write them, against what an independent reading found in them (test/fixtures/make/data_files.py). */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/base/errors.js";
import { loadProblems } from "../../src/experiments/problems/load.js";
import { markedSteps } from "../../src/experiments/problems/steps.js";
import { stepValue } from "../../src/model/latent/answer/step-value.js";
import { dataFile } from "../support/data-file.js";

const DIR = "test/fixtures/data";

interface Expected {
  readonly files: Readonly<
    Record<
      string,
      readonly {
        readonly id: string;
        readonly question: string;
        readonly gold: number | string | boolean;
        readonly steps: readonly (number | null)[] | null;
        readonly level: string;
      }[]
    >
  >;
  readonly written: readonly (readonly [string, number | null])[];
}

const expected = JSON.parse(readFileSync(`${DIR}/expected.json`, "utf8")) as Expected;

describe("a data file of a known form", () => {
  test.each(Object.entries(expected.files))("%s", async (name, wanted) => {
    const { problems, skipped } = await loadProblems(`${DIR}/${name}`, { onBadRow: "fail" });
    expect(skipped).toEqual([]);
    expect(
      problems.map(({ id, question, expected: gold, steps = null, difficulty: level }) => ({
        ...{ id, question, gold, steps, level },
      })),
    ).toEqual(wanted);
    for (const { steps, equations } of problems) expect(equations?.length).toBe(steps?.length);
  });

  test("says how it was read", async () => {
    const readingOf = async (name: string): Promise<unknown> =>
      (await loadProblems(`${DIR}/${name}`, { onBadRow: "fail" })).reading;
    expect(await readingOf("aug_cot.jsonl.gz")).toEqual({
      ...{ kind: "gzip of JSONL", form: "GSM8K-Aug", question: "question", answer: "answer", steps: "cot" },
    });
    expect(await readingOf("svamp.json")).toEqual({
      ...{ kind: "JSON array", form: "SVAMP", question: "Body+Question", answer: "Answer", steps: "Equation" },
    });
    expect(await readingOf("gsm_hard.jsonl")).toMatchObject({ form: "GSM-Hard", steps: null });
  });

  test("GSM8K's own test set: every row, and the step that is a fraction keeps its place", async () => {
    const file = "../shared/data/gsm8k/test.jsonl";
    const { problems } = await loadProblems(file, { onBadRow: "fail" });
    const wanted = JSON.parse(readFileSync(`${DIR}/gsm8k_steps.json`, "utf8")) as unknown[];
    expect(problems.map(({ expected: gold, steps = [], difficulty }) => [gold, steps, difficulty])).toEqual(wanted);
    expect(problems[319]).toMatchObject({ steps: [4, 0.75, 15], equations: ["1+3=4", "3/4=3/4", "60-45=15"] });
  });
});

test.each(expected.written)("a step whose value is written %j is %j", (text, value) => {
  expect(stepValue(text)).toBe(value);
});

describe("markedSteps()", () => {
  test("a mark that is not closed, or says no value, keeps its place", () => {
    expect(markedSteps("<<1+1=2>> then <<2+1=3\n<<3+1=4>> <<x>> <<4+1=5 <<5+1=6>>")).toEqual({
      equations: ["1+1=2", "2+1=3", "3+1=4", "x", "4+1=5 ", "5+1=6"],
      values: [2, null, 4, null, null, 6],
    });
    expect(markedSteps("1 << 4 is 16")).toEqual({ equations: [], values: [] });
  });
});

describe("a file that holds no rows", () => {
  test.each<[string, RegExp, RegExp]>([
    ["utf16_mark.jsonl", /text in UTF-16LE, wanted UTF-8/, /iconv -f UTF-16LE/],
    ["utf16le.jsonl", /text in UTF-16LE/, /iconv -f UTF-16LE/],
    ["utf16be.jsonl", /text in UTF-16BE/, /iconv -f UTF-16BE/],
    ["utf32.jsonl", /text in UTF-32LE/, /iconv -f UTF-32LE/],
    ["one_object.json", /one JSON object written over several lines/, /jq -c \. /],
    ["objects_over_lines.json", /JSON objects written over several lines/, /jq -c \. /],
    ["viewer.json", /what the hub's data viewer answers: 6 rows/, /parquet or JSONL file, .*\.rows\[\]\.row/],
    ["wrapped.json", /one JSON object that holds 6 rows in its field "data"/, /\.\["data"\]\[\]/],
    ["columns.json", /one JSON object of columns \(question, steps, answer\)/, /pandas/],
    ["pandas_columns.json", /one JSON object of columns/, /pandas/],
    ["keyed.json", /one JSON object of 6 objects, each under a name/, /jq -c '\.\[\]'/],
    ["page.html.jsonl", /an HTML page/, /\/resolve\//],
    ["pointer.jsonl", /a Git LFS pointer/, /git lfs pull/],
    ["table.csv", /comma- or tab-separated values/, /read_csv/],
    ["empty.jsonl", /is empty/, /again/],
    ["blank.jsonl", /holds blanks only/, /again/],
    ["archive.zip", /a zip archive/, /unpack/],
    ["cut.jsonl.gz", /a gzip file that is cut off after \d+ bytes/, /download it again/],
    ["cut.parquet", /a parquet file that is cut off/, /download it again/],
    ["damaged.parquet", /a damaged parquet file/, /download it again/],
    ["data.arrow", /an Arrow file/, /parquet or JSONL/],
    ["stream.arrow", /an Arrow stream/, /parquet or JSONL/],
  ])("%s is named for what it is, with what helps", async (name, what, hint) => {
    for (const onBadRow of ["fail", "skip"] as const) {
      const error = await failure(`${DIR}/${name}`, onBadRow);
      expect(error).toMatchObject({ exitCode: EXIT.badInput, message: expect.stringMatching(what) });
      expect(error.hint).toMatch(hint);
      expect(error.hint).not.toMatch(/on-bad-row/);
    }
  });
});

const good = { question: "How many?", answer: "<<1+1=2>>\n#### 2" };

describe("rows that are bad", () => {
  test.each<[string, readonly unknown[], RegExp, RegExp]>([
    [
      "fields that nobody knows",
      [{ problem: "q", solution: "3" }],
      /found problem, solution$/,
      /--field question=NAME/,
    ],
    ["no answer", [{ question: "q" }], /field "answer" is missing; looked for .*; found question$/, /--field/],
    [
      "a question of two fields",
      [{ ...good, body: "Ann has 3." }],
      /asked without its field "body"/,
      /question=body\+question/,
    ],
    ["no answer in one", [good, { question: "q" }], /line 2: field "answer" is missing$/, /--on-bad-row skip/],
    [
      "one id twice",
      [
        { ...good, id: 1 },
        { ...good, id: 1 },
      ],
      /line 2: the id "1" stands twice/,
      /id of its own.*skip/,
    ],
    [
      "a level of another kind",
      [{ ...good, difficulty: "easy" }],
      /"difficulty" is not usable: found "easy"/,
      /steps are counted/,
    ],
    ["null for an answer", [{ question: "q", answer: null }], /field "answer" is missing/, /--field/],
  ])("%s: the row, the cause, and what helps against it", async (_, rows, what, hint) => {
    const error = await failure(dataFile(rows.map((row) => JSON.stringify(row)).join("\n")), "fail");
    expect(error.message.replace(/; none of the \d+ rows is usable$/, "")).toMatch(what);
    expect(error.hint).toMatch(hint);
  });

  test("leaving bad rows out is offered only where another row is good, before the bad one or after it", async () => {
    const hintOf = async (...rows: unknown[]): Promise<string | undefined> =>
      (await failure(dataFile(rows.map((row) => JSON.stringify(row)).join("\n")), "fail")).hint;
    const bad = { question: " ", answer: "3" };
    expect(await hintOf(bad, good)).toMatch(/--on-bad-row skip/);
    expect(await hintOf(good, bad)).toMatch(/--on-bad-row skip/);
    expect(await hintOf(bad, bad)).not.toMatch(/--on-bad-row/);
  });
});

describe("fields by name", () => {
  test("question of two fields, answer, steps and id", async () => {
    const path = dataFile(
      `${JSON.stringify({ key: "a", body: "Ann has 3.", ask: "And 1 more?", gold: "4", work: ["3+1=4"], answer: "9" })}\n`,
    );
    const fields = { question: ["body", "ask"], answer: "gold", steps: "work", id: "key" };
    const { problems, reading } = await loadProblems(path, { onBadRow: "fail", fields });
    expect(problems).toEqual([
      {
        ...{ id: "a", question: "Ann has 3. And 1 more?", expected: 4, difficulty: "1-step" },
        ...{ steps: [4], equations: ["3+1=4"] },
      },
    ]);
    expect(reading).toMatchObject({ form: "fields as named", question: "body+ask", answer: "gold", steps: "work" });
  });

  test("one that no row has is named, with those that are there", async () => {
    const path = dataFile(`${JSON.stringify({ body: "q", gold: 4 })}\n`);
    await expect(
      loadProblems(path, { onBadRow: "fail", fields: { question: ["text"], answer: "gold" } }),
    ).rejects.toThrow(/field "text" is missing; found body, gold/);
  });
});

async function failure(path: string, onBadRow: "fail" | "skip"): Promise<Error & { hint?: string }> {
  return loadProblems(path, { onBadRow }).then(
    () => {
      throw new Error("it was read");
    },
    (error: Error) => error,
  );
}

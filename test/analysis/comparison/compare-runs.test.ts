/** Two runs beside each other: matched by id, counted by hand and by SciPy and statsmodels (test/fixtures/make/compare_runs.py). */
// @needs build, browser, time

import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { compareRuns } from "../../../src/analysis/comparison/compare-runs.js";
import { comparisonSentence } from "../../../src/analysis/comparison/comparison-sentence.js";
import { compareFolders } from "../../../src/analysis/comparison/index.js";
import { loadRun } from "../../../src/analysis/index.js";
import type { ExperimentRecord } from "../../../src/records/record.js";
import { openBrowser } from "../../support/browser.js";
import { type MadeRun, madeFolder, madeRecords } from "../../support/records.js";
import { temporaryFolder } from "../../support/temporary.js";
import { isWithout } from "../../support/without.js";

type Change = (record: Extract<ExperimentRecord, { status: "ok" }>) => ExperimentRecord | null;

function records(run: MadeRun, change: Change = (record) => record): ExperimentRecord[] {
  return madeRecords(run).flatMap((record) => (record.status === "ok" ? (change(record) ?? []) : [record]));
}

/** Moves the log-probability of baseline and ablations by what the problem says. */
const shifted =
  (by: (problem: number) => number): Change =>
  (record) => {
    const move = by(record.problem.index);
    const { expectedLogProb, deltaExpectedLogProb } = record.measures;
    return {
      ...record,
      measures: {
        ...record.measures,
        expectedLogProb: (expectedLogProb ?? 0) + move,
        deltaExpectedLogProb: deltaExpectedLogProb === null ? null : deltaExpectedLogProb + 2 * move,
      },
    };
  };

const named = (name: string, made: readonly ExperimentRecord[]): Parameters<typeof compareRuns>[0] => ({
  name,
  data: loadRun(madeFolder(made)),
});

describe("compareRuns()", () => {
  // Right in the first alone: 0 to 4. In the second alone: 5. In both: 6 and 7.
  const first = named(
    "a",
    records(
      { problems: 8, baselineCorrect: (p) => p !== 5 },
      shifted(() => 0.5),
    ),
  );
  const second = named("b", records({ problems: 8, baselineCorrect: (p) => p > 4 }).reverse());
  const compared = compareRuns(first, second, 42);
  const of = (name: string): (typeof compared.conditions)[number] | undefined =>
    compared.conditions.find(({ condition }) => condition === name);

  test("pairs problems by id, whatever their order, and tests what only one of the runs gets right", () => {
    expect(of("baseline")).toMatchObject({
      counts: { both: 2, firstOnly: 5, secondOnly: 1, neither: 0 },
      n: 8,
      difference: { kind: "value", value: 0.5 },
      // 2 (1 + 6) / 2^6.
      mcnemar: { kind: "value", p: expect.closeTo(0.21875, 12) },
    });
  });

  test("log-probabilities: the baseline's own, elsewhere the change; exact sign flips", () => {
    expect(of("baseline")?.logProb).toMatchObject({ value: expect.closeTo(0.5, 12), n: 8 });
    expect(of("latent 3 zeroed")?.logProb).toMatchObject({ value: expect.closeTo(1, 12), low: 1, high: 1 });
    // All eight the same sign: 2 of 2^8.
    expect(of("baseline")?.signFlip).toEqual({ kind: "value", p: 2 / 256 });
    // Seven tests of the same p: 7 × 2 / 256.
    expect(of("baseline")?.signFlipHolm).toEqual({ kind: "value", p: expect.closeTo(14 / 256, 12) });
  });

  test("problems and conditions of one run alone are left out and counted", () => {
    const some = records({ problems: 12 }, (record) =>
      record.problem.index < 4 || record.condition.latent === 5 ? null : record,
    );
    const { shared, onlyFirst, onlySecond, unmatched, conditions } = compareRuns(first, named("c", some), 42);
    expect({ shared, onlyFirst, onlySecond, unmatched }).toEqual({
      shared: 4,
      onlyFirst: 4,
      onlySecond: 4,
      unmatched: [1, 0],
    });
    expect(conditions.map(({ n }) => n)).toEqual([4, 4, 4, 4, 4, 4]);
  });

  test("conditions of other studies are exploratory and matched by study and name", () => {
    const withStudy = (name: string): ExperimentRecord[] =>
      records({ problems: 6 }).flatMap((record) =>
        record.status === "ok" && record.condition.latent === 0
          ? [
              record,
              {
                ...record,
                key: record.key.replace(/^./, "f").replace(/.$/, name === "layer-map" ? "0" : "1"),
                study: name,
                condition: { name: "zero latent.0 at layer 2", interventions: ["zero:…"], latent: null, factors: {} },
              },
            ]
          : [record],
      );
    const same = compareRuns(named("a", withStudy("layer-map")), named("b", withStudy("layer-map")), 1);
    expect(same.conditions.at(-1)).toMatchObject({
      condition: "layer-map: zero latent.0 at layer 2",
      role: "exploratory",
    });
    const other = compareRuns(named("a", withStudy("layer-map")), named("b", withStudy("corruption")), 1);
    expect(other.unmatched).toEqual([1, 1]);
  });

  test("runs that share no problem, and ids that name two problems, are refused with both sides named", () => {
    const foreign = records({ problems: 3 }, (record) => ({
      ...record,
      problem: { ...record.problem, id: `q${record.problem.index}` },
    }));
    expect(() => compareRuns(first, named("z", foreign), 1)).toThrow(
      'a and z share no problem: a has 8, such as "p0", z has 3, such as "q0"',
    );
    expect(() => compareRuns(first, named("z", records({ problems: 8, question: (p) => `other ${p}` })), 1)).toThrow(
      'Problem "p0" of a is another one in z: its question differs',
    );
    const expected = records({ problems: 8 }, (record) => ({ ...record, problem: { ...record.problem, expected: 9 } }));
    expect(() => compareRuns(first, named("z", expected), 1)).toThrow(
      "the expected number is 7 in the first, 9 in the second",
    );
  });

  test("another block is said", () => {
    const moved = { ...second, data: { ...second.data, ablateLayer: 3 } };
    expect(compareRuns(first, moved, 1).notices).toEqual([
      "the latents are zeroed at block 8 in the first and at block 3 in the second",
    ]);
  });
});

interface ReferenceCondition {
  readonly name: string;
  readonly first: readonly number[];
  readonly second: readonly number[];
  readonly firstLogProb: readonly number[];
  readonly secondLogProb: readonly number[];
  readonly cells: readonly [number, number, number, number];
  readonly difference: readonly [number, number, number];
  readonly mcnemar: number;
  readonly mcnemarHolm: number;
  readonly meanLogProb: number;
  readonly bca: readonly [number, number];
  readonly bcaSpread: readonly [number, number];
  readonly signFlip: number;
  readonly signFlipHolm: number;
}

describe("against SciPy and statsmodels", () => {
  const file = new URL("../../fixtures/compare-runs.json", import.meta.url);
  const { conditions } = JSON.parse(readFileSync(file, "utf8")) as { conditions: ReferenceCondition[] };
  const runOf = (name: string, side: "first" | "second"): ReturnType<typeof named> =>
    named(
      name,
      records({ problems: 24 }, (record) => {
        const place = record.condition.latent === null ? 0 : record.condition.latent + 1;
        const condition = conditions[place];
        if (condition === undefined) return null;
        const { index } = record.problem;
        const logProb = condition[`${side}LogProb`][index] ?? Number.NaN;
        return {
          ...record,
          answer: { ...record.answer, correct: condition[side][index] === 1 },
          measures: {
            ...record.measures,
            expectedLogProb: logProb,
            deltaExpectedLogProb: place === 0 ? null : logProb,
          },
        };
      }),
    );
  const compared = compareRuns(runOf("a", "first"), runOf("b", "second"), 42);

  test.each(conditions)("$name: counts, interval and p by pairs", (expected) => {
    const found = compared.conditions.find(({ condition }) => condition === expected.name);
    const [both, firstOnly, secondOnly, neither] = expected.cells;
    const [value, low, high] = expected.difference;
    const p = (of: number): unknown => ({ kind: "value", p: expect.closeTo(of, 12) });
    expect(found?.counts).toEqual({ both, firstOnly, secondOnly, neither });
    expect(found?.difference).toMatchObject({
      value: expect.closeTo(value, 12),
      low: expect.closeTo(low, 12),
      high: expect.closeTo(high, 12),
    });
    expect(found).toMatchObject({
      mcnemar: p(expected.mcnemar),
      mcnemarHolm: p(expected.mcnemarHolm),
      signFlip: p(expected.signFlip),
      signFlipHolm: p(expected.signFlipHolm),
      logProb: { value: expect.closeTo(expected.meanLogProb, 12), n: 24 },
    });
    const [bcaLow, bcaHigh] = expected.bca;
    const [spreadLow, spreadHigh] = expected.bcaSpread;
    const interval = found?.logProb as { low: number; high: number };
    expect(Math.abs(interval.low - bcaLow)).toBeLessThan(4 * spreadLow);
    expect(Math.abs(interval.high - bcaHigh)).toBeLessThan(4 * spreadHigh);
  });
});

describe("what is told beside the numbers", () => {
  const withControl = (): ExperimentRecord[] =>
    records({ problems: 6 }).flatMap((record) =>
      record.status === "ok" && record.condition.latent === 0
        ? [
            record,
            {
              ...record,
              key: record.key.replace(/^./, "f"),
              study: "layer-map",
              condition: { name: "noise", interventions: ["zero:…"], latent: null, factors: { control: "noise" } },
              answer: { ...record.answer, correct: record.problem.index < 3 },
            },
          ]
        : [record],
    );

  test("a control is shown, and counts in no family", () => {
    const plain = named("b", records({ problems: 6 }));
    const other = { ...named("b", withControl()) };
    const rows = other.data.studyRows.map((row) => ({ ...row, correct: true }));
    const compared = compareRuns(named("a", withControl()), { ...other, data: { ...other.data, studyRows: rows } }, 1);
    const control = compared.conditions.at(-1);
    expect(control).toMatchObject({
      condition: "layer-map: noise",
      role: "control",
      mcnemar: { kind: "value", p: expect.closeTo(0.25, 12) },
      mcnemarHolm: { kind: "undefined", reason: "a control" },
    });
    expect(compared.families.flatMap(({ hypotheses }) => hypotheses.map(({ id }) => id))).not.toContain(
      "layer-map: noise",
    );
    expect(comparisonSentence(compared)).toContain("Of 6 further conditions 0 are shown to differ");
    expect(compareRuns(plain, named("a", withControl()), 1).unmatched).toEqual([0, 1]);
  });

  test("runs that have the baseline alone in common say so", () => {
    const alone = named(
      "a",
      records({ problems: 5 }, (record) => (record.condition.latent === null ? record : null)),
    );
    expect(comparisonSentence(compareRuns(alone, named("b", records({ problems: 5 })), 1))).toContain(
      "No other condition is in both.",
    );
  });

  test("a run that did not finish, and one with failures, are noted", () => {
    const unfinished = named(
      "a",
      records({ problems: 5 }, (record) =>
        record.problem.index === 4 && record.condition.latent === 5 ? null : record,
      ),
    );
    const complete = named("b", records({ problems: 5 }));
    const failed = [{ problemId: "p1", condition: "baseline", message: "lost" }];
    const { notices, conditions } = compareRuns(unfinished, { ...complete, data: { ...complete.data, failed } }, 1);
    expect(notices).toEqual([
      "a: 1 of 35 runs are missing: the experiment did not finish; rates are of those there",
      "b: 1 failed and are left out",
    ]);
    expect(conditions.at(-1)?.n).toBe(4);
  });
});

describe("compareFolders()", () => {
  const hostile = `</main><script>document.title="owned"</script>\u202E${"w".repeat(200)}`;

  test.skipIf(isWithout("browser"))(
    "writes table, figure in three forms, JSON and a page that axe and the narrow screen pass",
    async () => {
      const a = madeFolder(records({ problems: 24, broken: (p, k) => (p + k) % 4 === 0 }), "one");
      const b = madeFolder(
        records(
          { problems: 24, baselineCorrect: (p) => p % 5 !== 0 },
          shifted((p) => 0.1 * (p % 3)),
        ),
        "two",
      );
      const out = temporaryFolder("codilens-compared-");
      const [comparison] = await compareFolders([a, b], out);
      expect(readdirSync(join(out, "figures")).sort()).toEqual([
        "comparison_1.csv",
        "comparison_1.pdf",
        "comparison_1.png",
        "comparison_1.svg",
      ]);
      const rows = readFileSync(join(out, "tables", "comparison.csv"), "utf8")
        .trim()
        .split("\r\n");
      expect(rows).toHaveLength(8);
      expect(rows[1]).toMatch(/^one,two,baseline,planned,24,24,19,5,0,0\.20833/);
      const parquet = await parquetReadObjects({
        file: await asyncBufferFromFile(join(out, "tables", "comparison.parquet")),
      });
      expect(parquet).toHaveLength(7);
      expect(parquet[0]).toMatchObject({
        first: "one",
        second: "two",
        condition: "baseline",
        n: 24n,
        right_first: 24n,
      });
      expect(readFileSync(join(out, "tables", "README.md"), "utf8")).toContain("| `right_first` | whole number |");
      expect(comparison?.sentence).toMatch(
        /^Without intervention one answers 24 and two 19 of 24 problems right: difference 0\.21 \[.*5 only the first, 0 only the second \(McNemar's exact p = 0\.063\)/,
      );
      expect(readdirSync(a).sort()).toEqual(["manifest.json", "records.jsonl"]);
      const browser = await openBrowser();
      try {
        for (const colorScheme of ["light", "dark"] as const) {
          const page = await browser.newPage({ viewport: { width: 400, height: 800 }, colorScheme });
          const heard: string[] = [];
          page.on("console", (message) => heard.push(message.text()));
          page.on("request", (request) => heard.push(request.url()));
          await page.goto(`file://${join(out, "comparison.html")}`);
          expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
          await page.evaluate(readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
          expect(await page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))")).toEqual([]);
          expect(heard).toHaveLength(1);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    },
  );

  test("hostile texts of records stay texts", async () => {
    const made = records({ problems: 4 }, (record) =>
      record.condition.latent === 0
        ? {
            ...record,
            study: hostile,
            condition: { name: hostile, interventions: ["zero:…"], latent: null, factors: {} },
          }
        : record,
    );
    const [a, b] = [madeFolder(made, "hostile"), madeFolder(made, "hostile")];
    const out = temporaryFolder("codilens-compared-");
    await compareFolders([a, b], out);
    const html = readFileSync(join(out, "comparison.html"), "utf8");
    expect(html).toContain("&lt;script&gt;");
    expect(html).not.toMatch(/<script|\u202E/);
  });

  test("the same folder twice is wrong use", async () => {
    const a = madeFolder(records({ problems: 4 }));
    await expect(compareFolders([a, `${a}/.`], temporaryFolder("codilens-compared-"))).rejects.toThrow("stands twice");
    const link = join(temporaryFolder("codilens-link-"), "other");
    symlinkSync(a, link);
    await expect(compareFolders([a, link], temporaryFolder("codilens-compared-"))).rejects.toThrow("stands twice");
  });

  test("nothing is written into a run", async () => {
    const [a, b] = [madeFolder(records({ problems: 4 })), madeFolder(records({ problems: 4 }))];
    await expect(compareFolders([a, b], `${b}/`)).rejects.toThrow("is one of the runs");
    expect(readdirSync(b).sort()).toEqual(["manifest.json", "records.jsonl"]);
  });
});

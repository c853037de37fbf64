/** Every study ends with a report: on 1, 2 and 5 problems, on none right, on answers without numbers, and where only two have one. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { analyzeRun, type Summary } from "../../src/analysis/index.js";
import { summaryLines } from "../../src/cli/summary-lines.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { recordLine } from "../../src/records/record-line.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";
import { knownStudy } from "../support/known-study.js";
import { linesOf } from "../support/lines-of.js";
import { temporaryFolder } from "../support/temporary.js";

const MODEL = "test/fixtures/models/hand-wired";
const folder = temporaryFolder("codilens-few-");

interface Ran {
  readonly dir: string;
  readonly stderr: string;
  readonly summary: Summary;
}

/** @param problems asked for: a quarter of them where there is more than one, since all of the file are of one level. */
function run(problems: number): Ran {
  const dir = join(folder, `all-${problems}`);
  const args = ["--model", MODEL, "--data", `${MODEL}/problems.jsonl`, "--problems", `${problems}`, "--out", dir];
  const more = ["--ablate-layer", "1", "--layers", "1,2", "--no-progress", "--json", "--study", "all"];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["scripts/codilens.mjs", "experiment", ...args, ...more],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return { dir, stderr, summary: (JSON.parse(stdout) as { summary: Summary }).summary };
}

/** The five problems' run with its records changed, analysed again. */
function edited(name: string, edit: (record: ExperimentRecord) => ExperimentRecord[]): Promise<Summary> {
  const dir = join(folder, name);
  mkdirSync(dir);
  cpSync(join(five.dir, "manifest.json"), join(dir, "manifest.json"));
  const records = linesOf(five.dir).flatMap((line) => {
    const { checksum: _, ...record } = JSON.parse(line) as ExperimentRecord & { checksum?: unknown };
    return edit(record);
  });
  writeFileSync(join(dir, "records.jsonl"), records.map(recordLine).join(""));
  return analyzeRun(dir);
}

function withoutNumber(record: ExperimentRecord): ExperimentRecord {
  if (record.status === "patched")
    return { ...record, pair: { status: "dropped", reason: "the model's answer has no number" }, map: null };
  if (record.status === "failed") return record;
  const { answer, measures, residual, attention, ...rest } = record;
  const said = { predicted: null, noNumberReason: "no number in answer", correct: false } as const;
  return {
    ...rest,
    answer: { ...answer, ...said, text: "?", careful: said },
    measures: { ...measures, marginAtNumber: null },
    attention: Object.fromEntries(Object.entries(attention).map(([key, each]) => [key, { ...each, number: null }])),
    ...(residual === undefined ? {} : { residual: { ...residual, number: null } }),
  };
}

let five: Ran;
let one: Ran;
beforeAll(() => {
  five = run(20);
  one = run(1);
}, 600_000);

const names = ({ studies }: Summary): string[] => studies.map(({ name }) => name).sort();
// Token ablation and attention have the main sections.
const all = [...STUDY_NAMES, "controls"]
  .filter((name) => !["token-ablation", "attention", "ablation"].includes(name))
  .sort();

describe("a run of all studies ends with a report", () => {
  test("on five problems, where every condition has another problem to draw on", () => {
    expect(names(five.summary)).toEqual(all);
    expect(five.summary.studies.every(({ leftOut }) => leftOut === undefined)).toBe(true);
    expect(readFileSync(join(five.dir, "report.html"), "utf8")).toContain("The model answers 5 of 5 problems right");
    for (const { name, headline = "" } of five.summary.studies) {
      expect(headline, name).not.toBe("");
      expect(headline.split(" ").length, headline).toBeLessThanOrEqual(25);
      expect(headline, name).not.toMatch(/…$/);
    }
    expect(summaryLines(five.summary).length).toBeLessThanOrEqual(20);
  });

  test("on one problem, and says which conditions draw on another and were not run", () => {
    expect(names(one.summary)).toEqual(all);
    const left = Object.fromEntries(
      one.summary.studies.flatMap(({ name, leftOut }) =>
        leftOut === undefined ? [] : [[name, leftOut.conditions.length] as const],
      ),
    );
    // Mean and another problem's at each of four latents and at all, and the mean beside all sets.
    expect(left).toEqual({ corruption: 10, subsets: 1 });
    expect(one.stderr).toMatch(/not run: each draws on other problems, and this run has one problem only/);
    const html = readFileSync(join(one.dir, "report.html"), "utf8");
    expect(html).toContain("1 condition was not run (“means of other problems at all latents together at layer 1”)");
  });

  test("on two problems", async () => {
    const summary = await edited("first-two", (record) => (record.problem.index < 2 ? [record] : []));
    expect(names(summary)).toEqual(all);
    expect(summary.baseline.n).toBe(2);
  });

  test("on no right answer", async () => {
    const summary = await edited("wrong", (record) =>
      record.status === "ok" ? [{ ...record, answer: { ...record.answer, correct: false } }] : [record],
    );
    expect(names(summary)).toEqual(all);
    expect(summary.baseline.correct).toBe(0);
    expect(summary.studies.find(({ name }) => name === "layer-map")?.sentence).toMatch(/^No baseline was right/);
  });

  test("on answers without numbers", async () => {
    const summary = await edited("mute", (record) => [withoutNumber(record)]);
    expect(names(summary)).toEqual(all);
    expect(summary.studies.find(({ name }) => name === "patching")?.sentence).toMatch(/^Nothing was patched\./);
  });

  test("where only two answers have a number", async () => {
    const summary = await edited("two-speak", (record) => [record.problem.index < 2 ? record : withoutNumber(record)]);
    const answer = knownStudy(summary, "residual")?.residual?.targets[0];
    expect(answer?.problems).toBe(2);
    expect(answer?.own).toMatchObject({ kind: "value", low: null, high: null });
  });
});

test("what interventions drew on stands in the records: other problems' places, and orders that are not the identity", () => {
  const records = linesOf(five.dir).map((line) => JSON.parse(line) as ExperimentRecord);
  const drawn = records.flatMap((record) =>
    record.status === "ok" ? (record.drawn ?? []).map((each) => ({ index: record.problem.index, ...each })) : [],
  );
  const means = drawn.filter(({ intervention }) => intervention.startsWith("mean"));
  // Of corruption at four latents and at all, and of subsets at all.
  expect(means.length).toBe(5 * 6);
  for (const { index, donors } of means) expect(donors).toEqual([0, 1, 2, 3, 4].filter((other) => other !== index));
  const orders = drawn.flatMap(({ order }) => (order === undefined ? [] : [order]));
  expect(orders.length).toBe(5);
  for (const order of orders) {
    expect([...order].sort()).toEqual(["latent.0", "latent.1", "latent.2", "latent.3"]);
    expect(order).not.toEqual(["latent.0", "latent.1", "latent.2", "latent.3"]);
  }
  const donors = records.flatMap((record) =>
    record.status === "ok" && record.residual !== undefined
      ? [{ index: record.problem.index, donor: record.residual.donor }]
      : [],
  );
  expect(donors.length).toBe(5);
  for (const { index, donor } of donors) expect([0, 1, 2, 3, 4].filter((other) => other !== index)).toContain(donor);
});

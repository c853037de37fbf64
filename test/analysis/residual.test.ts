/** The study `residual` and the other measures of attention, from records, against NumPy and SciPy. */
// @needs build

import { describe, expect, test } from "vitest";
import { allFindings, csvFilesOf } from "../../src/analysis/exhibits.js";
import { analyse, loadRun } from "../../src/analysis/index.js";
import { bibliographyOf } from "../../src/analysis/latex/bibliography.js";
import { methods } from "../../src/analysis/latex/methods.js";
import { headRows } from "../../src/analysis/main/heads.js";
import { sentences } from "../../src/analysis/main/sentences.js";
import type { Summary } from "../../src/analysis/summary-types.js";
import type { ExperimentRecord, OkRecord } from "../../src/records/record.js";
import type { Estimate } from "../../src/statistics/estimate.js";
import type { ResidualReading } from "../../src/studies/residual/record.js";
import { residualSentence } from "../../src/studies/residual/sentence.js";
import { residualSummary } from "../../src/studies/residual/summary.js";
import { knownStudy } from "../support/known-study.js";
import { readJson } from "../support/parity.js";
import { madeFolder, madeRecords } from "../support/records.js";

type Matrix = number[][];
interface Fixture {
  readonly residual: {
    readonly layers: number;
    readonly heads: number;
    readonly answer: Matrix;
    readonly alternative: Matrix;
    readonly control: Matrix;
    readonly inputs: Matrix[];
    readonly others: Matrix[];
    readonly numbers: boolean[];
    readonly donors: boolean[];
    readonly targets: Record<string, { readonly own: number[]; readonly control: number[] }>;
  };
  readonly attention: {
    /** `[problem][head][latent]`. */
    readonly weights: Matrix[];
    readonly number: Matrix[];
    readonly norms: Matrix[];
    /** `[problem][latent]`. */
    readonly broken: Matrix;
    readonly flow: { readonly eot: Matrix; readonly number: Matrix; readonly rollout: Matrix };
    readonly heads: {
      readonly head: number;
      readonly from: string;
      readonly measure: string;
      readonly means: number[];
      readonly withinPosition: number;
    }[];
    readonly measures: Record<string, { readonly withinPosition: number; readonly withinProblem: number }>;
  };
}

const { residual: made, attention } = readJson<Fixture>("residual");
const at = <T>(list: readonly T[], i: number): T => list[i] as T;
const valueIn = (estimate: Estimate | undefined): number | null => (estimate?.kind === "value" ? estimate.value : null);

function reading(problem: number): ResidualReading {
  return {
    layers: made.layers,
    heads: made.heads,
    number: at(made.numbers, problem)
      ? {
          position: "eot",
          tokens: { answer: "7", alternative: "8", control: "3" },
          answer: at(made.answer, problem),
          alternative: at(made.alternative, problem),
          control: at(made.control, problem),
        }
      : null,
    inputs: at(made.inputs, problem),
    others: at(made.donors, problem) ? at(made.others, problem) : null,
  };
}

/** Six latents are in the records; two of them are read. */
const records: ExperimentRecord[] = madeRecords({
  problems: attention.broken.length,
  broken: (problem, latent) => attention.broken[problem]?.[latent] === 1,
})
  .filter(({ condition }) => condition.latent === null || condition.latent < 2)
  .map((record) => {
    if (record.status !== "ok" || record.study !== "baseline") return record;
    const problem = record.problem.index;
    const mean = (rows: Matrix): number[] => [0, 1].map((k) => rows.reduce((sum, row) => sum + at(row, k), 0) / 3);
    const row = (rows: Matrix): { headMean: number[]; heads: Matrix } => ({ headMean: mean(rows), heads: rows });
    const { flow } = attention;
    const read = {
      eot: row(at(attention.weights, problem)),
      number: row(at(attention.number, problem)),
      flow: { valueNorms: at(attention.norms, problem), eot: at(flow.eot, problem), number: at(flow.number, problem) },
    };
    return {
      ...record,
      attention: { layer_4: read },
      rollout: { layer_4: at(flow.rollout, problem), layer_15: at(flow.rollout, problem) },
      residual: reading(problem),
    };
  });

describe("from records", () => {
  const data = loadRun(madeFolder(records, "run", { studies: ["residual"] }));
  const analysis = analyse(data);
  const { summary } = analysis;

  test("means of every component, target and control are NumPy's, and parts sum to the whole", () => {
    const study = knownStudy(summary, "residual")?.residual;
    expect(study?.targets.map(({ name }) => name)).toEqual(Object.keys(made.targets));
    for (const { name, components, own, control } of study?.targets ?? []) {
      const wanted = made.targets[name];
      for (const [kind, whole] of [
        ["own", own],
        ["control", control],
      ] as const) {
        const found = [...components.map((each) => valueIn(each[kind])), valueIn(whole)];
        expect(found.length).toBe(wanted?.[kind].length);
        for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted?.[kind][i] ?? Number.NaN, 7);
        const parts = components
          .filter((each) => each.kind !== "head")
          .map((each) => valueIn(each[kind]) ?? Number.NaN);
        expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(valueIn(whole) ?? Number.NaN, 7);
      }
    }
    expect(study?.targets.map(({ own }) => (own.kind === "value" ? own.n : 0))).toEqual([7, 8, 8, 8]);
    expect(study?.targets.map(({ control }) => (control.kind === "value" ? control.n : 0))).toEqual([7, 7, 7, 7]);
    const csv = csvFilesOf(allFindings(analysis)).get("residual.csv")?.split("\n") ?? [];
    expect(csv.filter(Boolean)).toHaveLength(1 + 4 * (1 + made.layers * (made.heads + 2) + 2));
  });

  test("r of every other measure with importance is SciPy's, and its tests are counted with the family's", () => {
    const wanted = attention.measures;
    const some = summary.measures.filter(({ layer }) => layer === 4);
    expect(some.map(({ measure }) => measure)).toEqual(Object.keys(wanted));
    for (const { measure, withinPosition, withinProblem } of some) {
      expect(valueIn(withinPosition), measure).toBeCloseTo(wanted[measure]?.withinPosition ?? Number.NaN, 7);
      expect(valueIn(withinProblem), measure).toBeCloseTo(wanted[measure]?.withinProblem ?? Number.NaN, 7);
    }
    const family = summary.families.find(({ name }) => name === "attention");
    const others = family?.hypotheses.filter(({ id }) => summary.measures.some(({ measure }) => id.includes(measure)));
    expect(others).toHaveLength(2 * summary.measures.length);
    expect(new Set(others?.map(({ role }) => role))).toEqual(new Set(["exploratory"]));
  });

  test("heads one by one: means and r are NumPy's and SciPy's", () => {
    const baselines = records.filter((each): each is OkRecord => each.status === "ok" && each.study === "baseline");
    const found = headRows(baselines, data.rows);
    expect(found).toHaveLength(attention.heads.length);
    for (const { head, from, measure, means, withinPosition } of attention.heads) {
      const mine = found.find((each) => each.head === head && each.from === from && each.measure === measure);
      for (const [k, value] of means.entries()) expect(mine?.means[k]).toBeCloseTo(value, 7);
      expect(mine?.withinPosition).toBeCloseTo(withinPosition, 7);
    }
  });

  test("the methods for LaTeX say what was read, with citations", () => {
    const text = methods(analysis);
    for (const key of ["elhage2021", "kobayashi2020", "abnar2020"]) expect(text).toContain(`\\cite{${key}}`);
    expect(bibliographyOf([text])).toMatch(/abnar2020.*elhage2021.*kobayashi2020/s);
  });

  test("the sentence on other measures goes by p corrected over the whole family, not by the interval", () => {
    const [first] = summary.measures;
    const clear: Estimate = { kind: "value", value: 0.5, low: 0.4, high: 0.6, n: 8 };
    const withP = (value: number): Summary => ({
      ...summary,
      measures: first === undefined ? [] : [{ ...first, withinPosition: clear }],
      families: summary.families.map((family) => ({
        ...family,
        hypotheses: family.hypotheses.map((each) => ({ ...each, holm: { kind: "value" as const, p: value } })),
      })),
    });
    expect(sentences(withP(0.06)).at(-1)).toMatch(/at 1 pairs of measure and layer: none is shown to differ from 0/);
    expect(sentences(withP(0.01)).at(-1)).toMatch(/1 differs from 0 .*: weight from the number at layer 4 \(0\.50/);
  });
});

test("a run without the study, and answers without a number, are told as such", () => {
  expect(residualSummary([], { seed: 1 })).toBeNull();
  const rows = [{ problemId: "a", residual: { ...reading(0), number: null, others: null } }];
  const summary = residualSummary(rows, { seed: 1 });
  if (summary === null) throw new Error("no summary");
  expect(residualSentence(summary)).toMatch(/^No answer has a number/);
  expect(residualSentence(summary)).toMatch(/another problem nothing was measured, since there is none/);
});

test("a problem whose answer has no number, and no latents' inputs, does not say which components there are", () => {
  const first = { layers: 1, heads: 1, number: null, inputs: [], others: null };
  const list = [1, 2, 3, 4, 5, 6, 7, 8, 36];
  const number = {
    position: "eot",
    tokens: { answer: "7", alternative: "8", control: "3" },
    answer: list,
    alternative: list.map(() => 0),
    control: list,
  };
  const rows = [first, { ...first, hasBiases: true, number }].map((residual, i) => ({ problemId: `p${i}`, residual }));
  const summary = residualSummary(rows, { seed: 1, isProjected: false });
  const parts = summary?.targets[0]?.components.map(({ name, own }) => [name, valueIn(own)]);
  expect(parts).toEqual([
    ["embedding", 1],
    ["position", 2],
    ["block 0 head 0", 3],
    ["block 0 attention", 3],
    ["block 0 attention bias", 4],
    ["block 0 MLP", 5],
    ["block 0 MLP bias", 6],
    ["final norm's bias", 7],
  ]);
  expect([summary?.targets[0]?.problems, valueIn(summary?.targets[0]?.own)]).toEqual([1, 36]);
});

/** The studies' plans, what a control that changes something becomes, and what is said of made rows. */
// @needs engine

import { describe, expect, test } from "vitest";
import { makeRecord } from "../../src/experiments/jobs/make-record.js";
import type { RunResult } from "../../src/index.js";
import { formatIntervention, parseIntervention } from "../../src/model/hooks/interventions.js";
import { planRows } from "../../src/model/latent/plan/rows.js";
import { type TreeCost, treeCost } from "../../src/model/latent/plan/tree-cost.js";
import { conditionsOf, STUDIES } from "../../src/studies/index.js";
import { lensMap } from "../../src/studies/lens/summary.js";
import { gapOf } from "../../src/studies/residual/read.js";
import { studyNames } from "../../src/studies/selection.js";
import type { StudyRow } from "../../src/studies/shared/rows.js";
import { STUDY_NAMES } from "../../src/studies/stories.js";
import type { StudyCondition } from "../../src/studies/study.js";
import { foundStudies } from "../support/found.js";

const CONTEXT = { layer: 2, depth: 4, latents: 6, protocol: "codi" } as const;

describe("conditionsOf()", () => {
  test("every study is known by name, and no two conditions share one", () => {
    expect(STUDIES.map(({ name }) => name)).toEqual(STUDY_NAMES);
    const all = conditionsOf(STUDY_NAMES, CONTEXT);
    expect(all[0]).toMatchObject({ name: "baseline", study: "baseline", interventions: [] });
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { interventions } of all)
      for (const each of interventions) expect(parseIntervention(formatIntervention(each))).toEqual(each);
  });

  test("counts: all 63 sets, every pair of reader and earlier latent, every layer and latent", () => {
    const all = conditionsOf(STUDY_NAMES, CONTEXT);
    const count = (study: string): number => all.filter((each) => each.study === study).length;
    expect(count("token-ablation")).toBe(6);
    expect(count("subsets")).toBe(2 ** 6 - 1 + 2);
    expect(count("latent-to-latent")).toBe(15 + 6 + 6 + 7);
    expect(count("layer-map")).toBe(2 * 4 * 6);
    expect(count("question-to-latent")).toBe(7 * 8 * 2);
    expect(count("budget")).toBe(6 + 2 + 6);
    expect(count("ablation")).toBe(2 * 7);
    expect(count("corruption")).toBe(8 * 7 + 1);
    // Eight latents: pairs and triplets only.
    const many = conditionsOf(["subsets"], { ...CONTEXT, latents: 8 }).filter(({ study }) => study === "subsets");
    expect(many.length).toBe(8 + 28 + 56 + 2);
  });

  test("what depends on the question takes its numbers apart, and is nothing where there are none", () => {
    const all = conditionsOf(["question-to-latent"], CONTEXT);
    const cut = (span: string, tokens: string[]): string[] =>
      (all.find(({ name }) => name === `latent.1 cannot read ${span}`)?.forQuestion?.(tokens) ?? []).flatMap(
        ({ operation }) => (operation.kind === "knockout" ? operation.to.split("+") : "?"),
      );
    const tokens = ["<s>", "Tom", " 1", "2", " pens", " 3"];
    expect(cut("all numbers", tokens)).toEqual(["question.2", "question.3", "question.5"]);
    expect(cut("first number", tokens)).toEqual(["question.2", "question.3"]);
    expect(cut("last number", tokens)).toEqual(["question.5"]);
    expect(cut("all but numbers", tokens)).toEqual(["question.1", "question.4"]);
    expect(cut("first number", ["<s>", "Tom"])).toEqual([]);
  });

  test("controls run unasked beside any study, and can be left out", () => {
    const controls = conditionsOf(["budget"], CONTEXT).filter(({ study }) => study === "controls");
    expect(controls.map(({ factors, isIdentity = false }) => [factors["control"], isIdentity])).toEqual([
      ["identity patch", true],
      ["no-op on the patterns", true],
      ["no latents", false],
    ]);
    expect(conditionsOf(["token-ablation", "attention"], CONTEXT, { withControls: false }).length).toBe(7);
  });

  test("randomly drawn positions are as many as asked for, never BOS, and the same for the same question", () => {
    const tokens = ["<s>", "Tom", " 1", "2", " pens", " 3"];
    const [cut] = conditionsOf(["budget"], CONTEXT).filter(
      ({ factors }) => factors["control"] === "question positions",
    );
    const keys = (some: readonly string[]): string[] =>
      (cut?.forQuestion?.(some) ?? []).flatMap(({ operation }) =>
        operation.kind === "knockout" ? operation.to.split("+") : "?",
      );
    // Six are asked for and six there are; EOT and the answer lose the same. Of five, six cannot be drawn, and the question has no such control.
    const six = [1, 2, 3, 4, 5, 6].map((i) => `question.${i}`);
    expect(keys([...tokens, "?"])).toEqual([...six, ...six]);
    expect(keys(tokens)).toEqual([]);
    const long = Array.from({ length: 40 }, (_, i) => `t${i}`);
    expect(new Set(keys(long)).size).toBe(6);
    expect(keys(long)).toEqual(keys(long));
    expect(keys(long)).not.toEqual(keys([...long].reverse()));
  });
});

test("equal conditions of several studies are computed once", () => {
  const costOf = (names: readonly string[]): TreeCost => {
    const conditions = conditionsOf(names, CONTEXT, { withControls: false }).filter(
      ({ factors }) => (factors["size"] ?? 1) === 1,
    );
    const batch = { questions: ["Tom has 3 pens."], conditions };
    const rows = planRows(batch, () => [0, 5, 6, 7, 3], { numLatents: CONTEXT.latents, layers: CONTEXT.depth });
    return treeCost(rows, { eotTokens: 1, answerTokens: 8, mostCells: 1e6, forwardCells: 1 });
  };
  // Sets of one latent, and layer 2 of the map, are the token ablation again.
  const { nodes, tokenForwards } = costOf(["token-ablation"]);
  expect(costOf(["token-ablation", "subsets"])).toMatchObject({ nodes, tokenForwards });
  expect(costOf(["layer-map"]).nodes).toBe(costOf(["layer-map", "token-ablation"]).nodes);
});

describe("studyNames()", () => {
  const codi = { controls: true, protocol: "codi" } as const;
  test.each<[string, string[], Parameters<typeof studyNames>[1], string[]]>([
    ["nothing named: the main study and its control", [], codi, ["ablation", "attention", "token-ablation"]],
    ["one of the two: both", ["attention"], codi, ["ablation", "attention", "token-ablation"]],
    ["another: that alone", ["budget"], codi, ["budget"]],
    [
      "corruption shows what ablation would",
      ["token-ablation", "corruption"],
      codi,
      ["attention", "corruption", "token-ablation"],
    ],
    ["no controls", [], { ...codi, controls: false }, ["attention", "token-ablation"]],
    [
      "no controls, but means",
      [],
      { ...codi, controls: false, ablations: ["mean"] },
      ["ablation", "attention", "token-ablation"],
    ],
    ["the original's loop", [], { controls: false, protocol: "seed" }, ["attention", "token-ablation"]],
  ])("%s", (_, named, unasked, wanted) => {
    expect(studyNames(named, unasked)).toEqual(wanted);
  });
});

describe("makeRecord()", () => {
  const SUBJECT = {
    key: "0".repeat(64),
    protocol: "codi" as const,
    problem: { id: "p", difficulty: "2-step", question: "?", expected: 7 } as never,
    index: 0,
  };
  const run = (text: string, logProb: number): RunResult =>
    ({
      answer: {
        ids: [...text].map((char) => char.charCodeAt(0)),
        text,
        tokens: [],
        finish: "eos",
        parsed: { kind: "number", value: 7 },
        careful: { kind: "number", value: 7 },
        numberToken: null,
      },
      attention: new Map(),
      lens: [],
      score: { expectedLogProb: logProb, klAtNumber: 0 },
      ...{ logProb, kl: 0 },
      drawn: [],
      failure: null,
    }) as unknown as RunResult;
  const identity = conditionsOf(["budget"], CONTEXT).find(({ isIdentity }) => isIdentity === true) as StudyCondition;
  const record = (result: RunResult): ReturnType<typeof makeRecord> =>
    makeRecord({ ...SUBJECT, condition: identity }, { result, baseline: run("7", -1), kept: {} });

  test("a baseline whose contributions do not sum to the whole is a failure that says so", () => {
    const [baseline] = conditionsOf(["residual"], CONTEXT);
    expect(baseline?.study).toBe("baseline");
    const error = gapOf({ embed: 1, heads: [[2]], mlp: [3], bias: 0, whole: 7 });
    const made = makeRecord(
      { ...SUBJECT, condition: baseline as StudyCondition },
      { result: run("7", -1), baseline: run("7", -1), kept: error === null ? {} : { error } },
    );
    expect(made).toMatchObject({
      status: "failed",
      error: { name: "ControlError", message: "contributions must sum to the whole, but they sum to 6 and it is 7" },
    });
  });

  test("a control that keeps the answer and its probability is a result", () => {
    expect(record(run("7", -1.00001)).status).toBe("ok");
  });

  test.each([
    ["another answer", run("8", -1), /the answer became "8" from "7"/],
    ["another probability", run("7", -1.01), /moved by 0\.01/],
  ])("a control that gives %s is a failure that says so", (_, result, message) => {
    expect(record(result)).toMatchObject({
      status: "failed",
      error: { name: "ControlError", message: expect.stringMatching(message) },
    });
  });
});

describe("lensMap()", () => {
  test("counts what each position names, only where the step exists, and how often other problems' values are hit", () => {
    const map = lensMap([
      { said: ["16", " 9"], steps: [16, 9], answer: 9 },
      { said: ["18", "20"], steps: [18, 9, 20], answer: 20 },
      { said: ["x", "9"], steps: [16], answer: 16 },
      { said: [], steps: [5], answer: 5 },
    ]);
    const cell = (position: string, target: string): unknown =>
      map?.cells.find((each) => each.position === position && each.target === target);
    expect(map?.problems).toBe(3);
    // Labels 16, 18, 16: the first problem's 16 is also the third's label; no other match among the six ordered pairs.
    expect(cell("bot", "step 1")).toMatchObject({ hits: 2, n: 3, chance: 1 / 6 });
    expect(cell("latent.0", "step 2")).toMatchObject({ hits: 1, n: 2, chance: 1 / 2 });
    expect(cell("latent.0", "step 3")).toMatchObject({ hits: 1, n: 1, chance: null });
    expect(cell("latent.0", "answer")).toMatchObject({ hits: 2, n: 3 });
    expect(lensMap([{ said: ["1"], steps: [], answer: 1 }])).toBeNull();
  });

  test("a step whose value is unknown keeps its place and counts nowhere", () => {
    const map = lensMap([
      { said: ["9", "4"], steps: [null, 9, 4], answer: 4 },
      { said: ["3", "8"], steps: [3, null, 8, null], answer: 5 },
      { said: ["1", "1"], steps: [null, null], answer: 1 },
    ]);
    const counts = (position: string): string[] =>
      (map?.cells ?? [])
        .filter((cell) => cell.position === position)
        .map(({ target, hits, n }) => `${target} ${hits}/${n}`);
    expect(map?.problems).toBe(2);
    expect(counts("bot")).toEqual(["step 1 1/1", "step 2 1/1", "step 3 0/2", "answer 0/2"]);
    expect(counts("latent.0")).toEqual(["step 1 0/1", "step 2 0/1", "step 3 2/2", "answer 1/2"]);
  });
});

describe("what studies find in rows made by hand", () => {
  const row = (problem: number, study: string, condition: string, more: Partial<StudyRow>): StudyRow => ({
    study,
    condition,
    factors: {},
    problemId: `p${problem}`,
    baselineCorrect: true,
    correct: true,
    deltaLogProb: -problem,
    kl: null,
    ...more,
  });
  const problems = Array.from({ length: 12 }, (_, p) => p);

  test("rates, exact McNemar and Holm of two conditions", () => {
    const rows = problems.flatMap((p) => [
      row(p, "budget", "none", { correct: p >= 8, factors: { visible: 0 } }),
      row(p, "budget", "all but one", { factors: { visible: 1 } }),
    ]);
    const [study] = foundStudies(rows);
    expect(study?.conditions[0]).toMatchObject({
      right: { count: 4, n: 12 },
      broken: { count: 8, n: 12 },
      // Eight changes, all one way: 2 · 2⁻⁸. The other condition changes nothing and could not have been found: it does not count.
      mcnemar: { kind: "value", p: expect.closeTo(2 ** -7, 12) },
      mcnemarHolm: { kind: "value", p: expect.closeTo(2 ** -7, 12) },
      deltaLogProb: { value: -5.5, n: 12 },
      kl: { kind: "undefined" },
    });
    expect(study?.conditions[1]).toMatchObject({ broken: { count: 0, n: 12 } });
    expect(study?.sentence).toMatch(/4 of 12 answers are right.*From 1 latent on no loss/);
    expect(study?.sentence).not.toMatch(/more latents/);
  });

  test("levels beyond the baseline's number are told apart, and are no step of the curve up to it", () => {
    const rows = problems.flatMap((p) => [
      row(p, "budget", "none", { correct: p >= 8, factors: { visible: 0 } }),
      row(p, "budget", "one", { factors: { visible: 1 } }),
      row(p, "budget", "three", { factors: { visible: 3, loop: "longer" } }),
      row(p, "budget", "four", { correct: p >= 10, factors: { visible: 4, trained: "no" } }),
    ]);
    const [study] = foundStudies(rows);
    expect(study?.sentence).toMatch(/From 1 latent on no loss/);
    // Ten changes of twelve: 2 · 2⁻¹⁰, the smaller of the two that could be found.
    expect(study?.sentence).toMatch(
      /With more latents than in the baseline 12 of 12 with 3 and 2 of 12 with 4 are right; the share right changes with 4 \(McNemar, Holm-adjusted\)\.$/,
    );
    const few = rows.filter(({ condition }) => condition !== "four");
    expect(foundStudies(few)[0]?.sentence).toMatch(/12 of 12 with 3 are right; no change of the share right/);
  });

  test("Shapley shares of two latents that can stand in for each other, and a third that does nothing", () => {
    const sets = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]];
    const rows = problems.flatMap((p) =>
      sets.map((set) =>
        row(p, "subsets", set.join(), {
          factors: { set: set.join("+"), size: set.length },
          correct: !(set.includes(0) && set.includes(1)),
        }),
      ),
    );
    const [study] = foundStudies(rows);
    // By hand: v(S) = 1 if 0 or 1 is in S. Shapley values 1/2, 1/2, 0; interaction of 0 and 1 is −1.
    expect(study?.shares?.values.map((each) => (each.kind === "value" ? each.value : null))).toEqual([
      expect.closeTo(0.5, 12),
      expect.closeTo(0.5, 12),
      expect.closeTo(0, 12),
    ]);
    expect(study?.shares?.pairs[0]).toMatchObject({
      latents: [0, 1],
      interval: { value: expect.closeTo(-1, 12) },
    });
    expect(study?.sentence).toMatch(/each can stand in for the other/);
  });

  test("a problem that lacks a subset is left out of the shares, and none is left: no shares", () => {
    const rows = problems.map((p) => row(p, "subsets", "0", { factors: { set: "1", size: 1 } }));
    expect(foundStudies(rows)[0]?.shares).toBeNull();
  });
});

/** What problems are steered by: questions of other problems that have a step's value and the moved one. */
// @needs engine

import { describe, expect, test } from "vitest";
import { draftsOf } from "../../src/experiments/jobs/drafts.js";
import { readBaselines } from "../../src/experiments/jobs/read-runs.js";
import { loadProblems } from "../../src/experiments/problems/load.js";
import type { CodiModel, RunResult } from "../../src/index.js";
import type { StudyProblem } from "../../src/studies/read-context.js";
import { steeringDrafts } from "../../src/studies/steering/draft.js";
import { contrastTo } from "../../src/studies/steering/runs.js";
import { steering } from "../../src/studies/steering/study.js";
import type { Study } from "../../src/studies/study.js";

const { problems } = await loadProblems("weights/tiny-codi/problems_100.jsonl", { onBadRow: "fail" });
const facts = { seed: 1, promptOf: () => [] };
const draft = steeringDrafts(problems, facts);
const steered = problems.flatMap((problem) => {
  const found = draft(problem);
  return found.kind === "steered" ? [{ problem, found }] : [];
});

/** The running total after each step, out of the question's words alone. @param moved a step (from 0) whose value is another. */
function totals(question: string, moved = { step: -1, by: 0 }): number[] {
  const values: number[] = [];
  let total = 0;
  const step = (value: number): number => {
    const found = values.length === moved.step ? value + moved.by : value;
    values.push(found);
    return found;
  };
  for (const sentence of question.split(/(?<=[.?]) /)) {
    const [first = 0, second = 0] = (sentence.match(/\d+/g) ?? []).map(Number);
    if (/ in each/.test(sentence)) {
      const boxes = step(first * second);
      total = / has /.test(sentence) ? boxes : step(total + boxes);
    } else if (/ has /.test(sentence)) total = first;
    else if (/doubles/.test(sentence)) total = step(2 * total);
    else if (/half/.test(sentence)) total = step(total / 2);
    else if (/buys|finds|gets|picks up/.test(sentence)) total = step(total + first);
    else if (/gives away|loses|sells|uses/.test(sentence)) total = step(total - first);
  }
  return values;
}

describe("a draft", () => {
  test("moves the answer as the words of the question have it, for all but one problem of the embedded data", () => {
    expect(steered).toHaveLength(99);
    for (const { problem, found } of steered) {
      const before = totals(problem.question);
      expect(before.at(-1), problem.id).toBe(problem.expected);
      expect(before[found.step], problem.id).toBe(found.value);
      expect(totals(problem.question, found).at(-1), problem.id).toBe(found.predicted);
      expect(found.predicted).not.toBe(found.answer);
    }
  });

  test("has pairs of questions whose step has the problem's value and the moved one", () => {
    for (const { problem, found } of steered) {
      expect(found.pairs.length).toBeGreaterThanOrEqual(4);
      for (const { from, to } of found.pairs) {
        expect(totals(from)[found.step], `${problem.id}: ${from}`).toBe(found.value);
        expect(totals(to)[found.step], `${problem.id}: ${to}`).toBe(found.value + found.by);
        expect(from.replaceAll(/\d+/g, "#")).toBe(to.replaceAll(/\d+/g, "#"));
      }
    }
  });

  test("takes them from the other half of the problems: nobody is both steered beside a problem and part of its direction", () => {
    const kindOf = (question: string): string => question.replaceAll(/\d+/g, "#");
    const named = new Map<string, string | null>();
    for (const { question } of problems) named.set(kindOf(question), named.has(kindOf(question)) ? null : question);
    const sources = new Map(
      steered.map(({ problem, found }) => [
        problem.question,
        found.pairs.flatMap(({ from }) => named.get(kindOf(from)) ?? []),
      ]),
    );
    const halves = new Map<string, number>();
    const put = (question: string, half: number): void => {
      const known = halves.get(question);
      expect(known ?? half, question).toBe(half);
      if (known !== undefined) return;
      halves.set(question, half);
      for (const source of sources.get(question) ?? []) put(source, 1 - half);
      for (const [other, mine] of sources) if (mine.includes(question)) put(other, 1 - half);
    };
    put(problems[0]?.question ?? "", 0);
    expect(halves.size).toBeGreaterThan(90);
  });

  test("is the same for the same seed and another for another, whatever part of the problems is run", () => {
    const [first] = problems;
    if (first === undefined) throw new Error("no problems");
    expect(steeringDrafts(problems, facts)(first)).toEqual(draft(first));
    expect(steeringDrafts(problems, { ...facts, seed: 2 })(first)).not.toEqual(draft(first));
  });

  test("says why a problem is left out", () => {
    const made = (more: Partial<StudyProblem>): StudyProblem => ({
      id: "p",
      question: "Tom has 9 pens. Tom sells 5. Tom sells 3. How many?",
      expected: 1,
      equations: ["9-5=4", "4-3=1"],
      steps: [4, 1],
      ...more,
    });
    const reasonOf = (problem: StudyProblem, pool = [problem, ...problems]): string => {
      const found = steeringDrafts(pool, facts)(problem);
      return found.kind === "left" ? found.reason : "";
    };
    expect(reasonOf(made({}))).toBe("");
    expect(reasonOf(made({ equations: [] }))).toMatch(/^the solution marks no steps/);
    expect(reasonOf(made({ equations: ["9-5=4", "x-3=1"] }))).toMatch(/^the solution marks no steps/);
    expect(reasonOf(made({ expected: 2 }))).toMatch(/^the solution marks no steps/);
    expect(reasonOf(made({}), [made({})])).toMatch(/^fewer than 4 problems of the other half/);
    // What is multiplied by 0 moves nothing.
    expect(
      reasonOf(made({ equations: ["4*0=0"], expected: 0, steps: [0] }), [
        made({ equations: ["4*0=0"], expected: 0, steps: [0] }),
      ]),
    ).toMatch(/^(?:no step's value|fewer than 4)/);
  });
});

test("a study that reads baselines is given its own draft alone, where its baseline is read", async () => {
  const seen: unknown[] = [];
  const study = (name: string, more: Partial<Study>): Study => ({ name, question: "?", conditions: [], ...more });
  const studies = [
    study("drafts", {
      draft:
        () =>
        ({ id }) => ({ of: id }),
      read: ({ runs }) => {
        seen.push(runs.map(({ draft: own }) => own));
        return Promise.resolve(runs.map(() => null));
      },
    }),
    study("plain", {
      read: ({ runs }) => {
        seen.push(runs.map((run) => "draft" in run));
        return Promise.resolve(runs.map(() => null));
      },
    }),
  ];
  const [problem] = problems;
  if (problem === undefined) throw new Error("no problems");
  const drafts = draftsOf(studies, problems, facts);
  expect(drafts(problem, { conditions: [], readers: [] })).toEqual({});
  const own = drafts(problem, { conditions: [], readers: ["drafts", "plain"] });
  expect(own).toEqual({ drafts: { of: problem.id } });
  const result = { failure: null } as RunResult;
  await readBaselines(studies, [{ problem, index: 0, drafts: own, result }], {
    model: {} as CodiModel,
    facts: { seed: 1, maxNewTokens: 9, ablateLayer: 8, problems: 1, reference: [], notice: () => undefined },
  });
  expect(seen).toEqual([[{ of: problem.id }], [false]]);
});

test("the predicted number is told from the model's own where their tokens part", () => {
  // A token a sign, so numbers part at any of their digits.
  const tokenizer = {
    encode: (text: string) => [...text].map((sign) => sign.charCodeAt(0)),
    decode: (ids: readonly number[]) => String.fromCharCode(...ids),
  } as unknown as CodiModel["tokenizer"];
  const result = (text: string, numberToken: number | null): RunResult =>
    ({ answer: { ids: [...tokenizer.encode(text), 0], numberToken } }) as unknown as RunResult;
  const parted = (text: string, numberToken: number | null, number: number): string | null => {
    const contrast = contrastTo({ tokenizer }, { result: result(text, numberToken), number });
    return contrast === null ? null : `${tokenizer.decode(contrast.tokens)}|${tokenizer.decode([contrast.other])}`;
  };
  expect(parted("is: 12", 3, 15)).toBe("is: 12|5");
  expect(parted("is: 12", 4, 27)).toBe("is: 1|2");
  expect(parted("is: 1", 4, 12)).toBe("is: 1\u0000|2");
  // The other number has nothing where the model's own goes on.
  expect(parted("is: 12", 4, 1)).toBeNull();
  expect(parted("none", null, 1)).toBeNull();
});

test("the plan says where there is no other latent", () => {
  const lacking = (latents: number): string | undefined =>
    steering.lacks?.({ layer: 1, depth: 2, latents, protocol: "codi" })[0]?.reason;
  expect(lacking(0)).toBe("need two latents, and this run has none");
  expect(lacking(1)).toBe("need two latents, and this run has one");
  expect(lacking(2)).toBeUndefined();
});

/** Directions on the hand-wired model: trained on one half of the pairs, whatever the other half says, and refused where there is too little. */
// @needs engine, time

import { afterAll, beforeAll, expect, test } from "vitest";
import { loadProblems } from "../../src/experiments/problems/load.js";
import { CodiModel } from "../../src/index.js";
import type { StudyRecord } from "../../src/studies/shared/rows.js";
import { conditionsOfStudy } from "../../src/studies/study.js";
import { makeSubspaces } from "../../src/studies/subspace/after-run.js";
import type { KnownSubspaces, SubspaceFile } from "../../src/studies/subspace/file.js";
import { subspace } from "../../src/studies/subspace/study.js";
import { recordedPairs } from "../../src/studies/subspace/swaps.js";

const FOLDER = "test/fixtures/models/hand-wired";
const PROBLEMS = 12;
let model: CodiModel;
let records: readonly StudyRecord[];
let made: KnownSubspaces;

const notices: string[] = [];
const train = (own: readonly StudyRecord[], signal = new AbortController().signal): Promise<SubspaceFile> =>
  makeSubspaces({ model, own, baselines: [], seed: 1, notice: (text) => notices.push(text), signal });

beforeAll(async () => {
  model = await CodiModel.load(FOLDER);
  const all = (await loadProblems(`${FOLDER}/problems.jsonl`, { onBadRow: "fail" })).problems;
  const problems = all.slice(0, PROBLEMS);
  const draft = subspace.draft?.(all, { seed: 1, promptOf: (question) => model.promptIds(question) });
  const conditions = conditionsOfStudy(subspace, { layer: 1, depth: 4, latents: 4, protocol: "codi" });
  const computed = await subspace.compute?.({
    ...{ model, conditions },
    problems: problems.map((problem, index) => ({ problem, index, draft: draft?.(problem) })),
    facts: { seed: 1, maxNewTokens: 12, ablateLayer: 8, problems: PROBLEMS, reference: [], notice: () => undefined },
  });
  records = problems.map((problem, index) => {
    const [found] = computed?.[index] ?? [];
    if (found === undefined || found === null || "error" in found) throw new Error(JSON.stringify(found));
    return {
      ...{ study: "subspace", status: "patched", problem: { ...problem, index } },
      ...{ condition: { name: "", interventions: [] }, ...found.patched },
    };
  });
  const file = await train(records);
  if (file.kind === "undefined") throw new Error(file.reason);
  made = file;
});
afterAll(() => model.dispose());

test("the block is the one that latent 2 is written in, and directions move what the whole state moves", () => {
  expect(made.folds.map(({ block }) => block)).toEqual([1, 1]);
  const pairs = recordedPairs(records);
  expect(made.pairs.map(({ id }) => id)).toEqual(pairs.map(({ id }) => id));
  expect(pairs.length).toBeGreaterThanOrEqual(8);
  const count = (of: (pair: KnownSubspaces["pairs"][number]) => number | null | undefined): number =>
    made.pairs.filter((pair) => of(pair) === pair.number).length;
  expect(count(({ whole }) => whole.number)).toBe(pairs.length);
  expect(count(({ ranks }) => ranks.at(-1)?.trained.number)).toBeGreaterThanOrEqual(0.8 * pairs.length);
  expect(count(({ ranks }) => ranks.at(-1)?.random.number)).toBe(0);
  // Every latent but 2 names the same in both runs.
  expect(count(({ ranks }) => ranks.at(-1)?.other?.number)).toBe(0);
  expect(made.pairs.every(({ ranks }) => ranks.every(({ other }) => other !== null))).toBe(true);
});

test("no direction depends on the pairs that it is tried on", async () => {
  const [first, second] = made.pairs.filter(({ fold }) => fold === 0).map(({ id }) => id);
  const of = (id: string | undefined) => records.find(({ problem }) => problem.id === id);
  // One held-out pair becomes another one of the same half.
  const changed = records.map((record) => {
    const other = of(second);
    if (record.problem.id !== first || other === undefined) return record;
    return { ...other, problem: { ...record.problem, question: other.problem.question } };
  });
  const again = await train(changed);
  if (again.kind === "undefined") throw new Error(again.reason);
  const bases = ({ folds }: KnownSubspaces) => folds.map(({ bases: each }) => each.map(({ rows }) => rows));
  expect(bases(again)[0]).toEqual(bases(made)[0]);
  expect(bases(again)[1]).not.toEqual(bases(made)[1]);
});

test("too few pairs, and pairs whose answers the whole state leaves alone, are one sentence", async () => {
  expect(await train(records.slice(0, 3))).toMatchObject({ reason: "3 pairs, at least 8 are needed" });
  expect(notices.at(-1)).toBe("subspace: no directions: 3 pairs, at least 8 are needed");
  const elsewhere = records.map((record) => {
    const map = record["map"] as { columns: string[] } | null;
    // Only block 3 was tried, after which nothing reads a latent.
    return { ...record, map: map === null ? null : { ...map, columns: ["3"] } };
  });
  expect(await train(elsewhere)).toMatchObject({
    reason: expect.stringMatching(/^the whole state moves 0 of \d+ answers of the training problems, at least 4/),
  });
});

test("a run that is stopped trains nothing", async () => {
  await expect(train(records, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});

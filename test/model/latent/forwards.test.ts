/** How many token-forwards a run takes: counted, not timed. Each row is fed its own tokens once, and nothing else without need. */
// @needs engine, time

import { afterAll, expect, test } from "vitest";
import { CodiModel, type Condition, parseIntervention } from "../../../src/index.js";
import { levelCells, stretchLimits } from "../../../src/model/latent/plan/forward-cost.js";
import { mostCellsFor } from "../../../src/model/latent/plan/packing.js";
import { planRows } from "../../../src/model/latent/plan/rows.js";
import { treeCost } from "../../../src/model/latent/plan/tree-cost.js";
import type { ConditionOptions, LoopCounts, RunResult } from "../../../src/model/latent/run-types.js";
import { modelFolder } from "../../support/parity.js";
import { loadTiny, problems } from "../../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());

const some = problems.slice(0, 4);
const texts = some.map(({ question }) => question);
const zeroed = (layer: number): Condition[] =>
  [0, 1, 2, 3, 4, 5].map((latent) => ({
    name: `zero ${latent}`,
    interventions: [parseIntervention(`zero:blocks.${layer}.hook_resid_post@latent.${latent}`)],
  }));
const study: Condition[] = [{ name: "baseline", interventions: [] }, ...zeroed(8)];

/** All that was run, and what it took. */
async function counted(
  run: (options: ConditionOptions) => Promise<readonly (readonly RunResult[])[]>,
): Promise<LoopCounts & { readonly results: readonly (readonly RunResult[])[]; readonly forwards: number }> {
  const all: LoopCounts[] = [];
  let forwards = 0;
  const results = await run({
    onCounts: (counts) => all.push(counts),
    onForward: () => {
      forwards += 1;
    },
  });
  const sum = (of: (counts: LoopCounts) => number): number => all.reduce((total, each) => total + of(each), 0);
  return {
    results,
    forwards,
    tokenForwards: sum((each) => each.tokenForwards),
    verified: sum((each) => each.verified),
    agreed: sum((each) => each.agreed),
    mostCells: Math.max(...all.map(({ mostCells }) => mostCells)),
  };
}

const studyOf = (options: ConditionOptions): ReturnType<typeof counted> =>
  counted((own) => model.runConditions(texts, study, { maxNewTokens: 12, ...options, ...own }));

test("the plan's token-forwards are those of the run, where every answer is as long as it was taken to be", async () => {
  const { results, tokenForwards } = await studyOf({});
  const lengths = new Set(results.flat().map(({ answer }) => answer.ids.length));
  expect([...lengths]).toHaveLength(1);
  const [answerTokens = 0] = lengths;
  const plan = planRows({ questions: texts, conditions: study }, (text) => model.promptIds(text), {
    numLatents: 6,
    layers: 16,
    levelCells: levelCells(model.config),
  });
  const limits = stretchLimits(model.config, mostCellsFor(model.config));
  const cost = treeCost(plan, { eotTokens: 1, answerTokens, ...limits });
  expect(tokenForwards).toBeCloseTo(cost.tokenForwards, 9);
});

test("an expected number that the row says itself is fed no second time, and one that it does not say only from there on", async () => {
  const bare = await studyOf({});
  const own = bare.results.map(([clean]) => Number(clean?.answer.value));
  const scored = await studyOf({ expected: own });
  expect(scored.tokenForwards).toBe(bare.tokenForwards);
  for (const result of scored.results.flat()) expect(typeof result.score.expectedLogProb).toBe("number");
  // "The answer is: 41" where rows say 42 and 4 and 1 are tokens of their own: the row has said all of it but the last.
  const expected = own.map((value) => Number(`${value}`.slice(0, -1) + ((value + 1) % 10)));
  const other = await studyOf({ expected });
  expect(other.tokenForwards).toBe(bare.tokenForwards);
  // Three digits more: only these are fed, without the last, which is predicted.
  const longer = await studyOf({ expected: own.map((value) => value * 1000 + 111) });
  const { tokenizer } = model;
  const extra = own.map(
    (value) => tokenizer.encode(`${value * 1000 + 111}`).length - tokenizer.encode(`${value}`).length,
  );
  const most = Math.max(...extra);
  expect(longer.tokenForwards).toBeGreaterThan(bare.tokenForwards);
  expect(longer.tokenForwards).toBeLessThanOrEqual(bare.tokenForwards + texts.length * study.length * most);
});

test("a known answer is fed in fewer forwards, and takes no token more where rows agree", async () => {
  const bare = await studyOf({});
  const knownAnswers = bare.results.map(([clean]) => clean?.answer.ids ?? []);
  const known = await studyOf({ knownAnswers });
  expect(known.verified).toBe(texts.length * study.length);
  expect(known.agreed).toBe(known.verified);
  expect(known.tokenForwards).toBe(bare.tokenForwards);
  expect(known.forwards).toBeLessThan(bare.forwards);
});

test("answers that nothing agrees with cost at most a tenth over decoding, on every model", async () => {
  for (const name of ["tiny-codi", "grouped-llama3", "full-heads"]) {
    using other = await CodiModel.load(name === "tiny-codi" ? name : modelFolder(name));
    const conditions: Condition[] = [
      { name: "baseline", interventions: [] },
      ...[0, 1, 2].map((latent) => ({
        name: `zero ${latent}`,
        interventions: [parseIntervention(`zero:blocks.1.hook_resid_post@latent.${latent}`)],
      })),
    ];
    const run = (options: ConditionOptions): ReturnType<typeof counted> =>
      counted((own) => other.runConditions(texts, conditions, { maxNewTokens: 12, ...options, ...own }));
    const bare = await run({});
    // Right for one token, then wrong: the dearest that a wrong answer can be.
    const knownAnswers = bare.results.map(([clean]) => {
      const ids = clean?.answer.ids ?? [];
      return [ids[0] ?? 0, ...Array.from({ length: 11 }, () => (ids[1] === 20 ? 21 : 20))];
    });
    const tried = await run({ knownAnswers });
    expect(tried.verified).toBeGreaterThan(0);
    expect(tried.results.map((row) => row.map(({ answer }) => answer.ids))).toEqual(
      bare.results.map((row) => row.map(({ answer }) => answer.ids)),
    );
    expect(tried.tokenForwards).toBeGreaterThan(bare.tokenForwards);
    expect(tried.tokenForwards).toBeLessThanOrEqual(1.1 * bare.tokenForwards);
  }
});

test("rows that answer differently long wait for nobody for long", async () => {
  // They answer with one token, or on and on.
  const strong: Condition[] = [
    "noise(3000):blocks.14.hook_resid_post@answer",
    "scale(-9):blocks.14.hook_mlp_out@answer",
    "noise(3000):blocks.12.hook_resid_post@eot",
  ].map((spec) => ({ name: spec, interventions: [parseIntervention(spec)] }));
  const conditions = [...study.slice(0, 1), ...strong];
  const { results, tokenForwards } = await counted((own) =>
    model.runConditions(texts, conditions, { maxNewTokens: 40, ...own }),
  );
  const lengths = results.flat().map(({ answer }) => answer.ids.length);
  expect(Math.max(...lengths)).toBeGreaterThan(2 * Math.min(...lengths));
  const plan = planRows({ questions: texts, conditions }, (text) => model.promptIds(text), {
    numLatents: 6,
    layers: 16,
  });
  const limits = stretchLimits(model.config, mostCellsFor(model.config));
  const before = treeCost(plan, { eotTokens: 1, answerTokens: 1, ...limits }).tokenForwards - lengths.length;
  const fed = lengths.reduce((sum, length) => sum + length, 0);
  expect(tokenForwards - before).toBeLessThanOrEqual(1.1 * fed);
});

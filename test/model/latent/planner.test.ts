/** The planner changes nothing but the work: what is shared, packed and verified gives what each row gives alone, token for token. */
// @needs engine, time

import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { CodiModel, type Condition, parseIntervention, type RunResult, tf } from "../../../src/index.js";
import { levelCells } from "../../../src/model/latent/plan/forward-cost.js";
import type { Group } from "../../../src/model/latent/plan/row-tree.js";
import { planRows } from "../../../src/model/latent/plan/rows.js";
import { treeCost } from "../../../src/model/latent/plan/tree-cost.js";
import { numberOrNull } from "../../../src/model/latent/run/run-score.js";
import type { LoopCounts } from "../../../src/model/latent/run-types.js";
import { modelFolder } from "../../support/parity.js";
import { loadTiny, problems, questions } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const condition = (...specs: string[]): Condition => ({
  name: specs.join(" + ") || "baseline",
  interventions: specs.map(parseIntervention),
});
const zero = (latent: number, layer = 8): string => `zero:blocks.${layer}.hook_resid_post@latent.${latent}`;
const subsets = (latents: number): Condition[] =>
  Array.from({ length: 2 ** latents }, (_, set) =>
    condition(
      ...Array.from({ length: latents }, (_, k) => k)
        .filter((k) => (set >> k) % 2 === 1)
        .map((k) => zero(k)),
    ),
  );
// Strong enough that most rows answer otherwise than the clean one, some from the first token on.
const STRONG = [
  "scale(-1):blocks.8.hook_resid_post@latent",
  "noise(2000):blocks.8.hook_resid_post@latent.1",
  "zero:blocks.2.hook_resid_post@bot",
  "scale(-9):blocks.12.hook_mlp_out@eot",
  "noise(3000):blocks.12.hook_resid_post@eot",
  "scale(-9):blocks.14.hook_mlp_out@answer",
  "noise(3000):blocks.14.hook_resid_post@answer.1",
  "knockout(answer→latent):blocks.*.attn.hook_pattern@answer",
  "zero:blocks.8.hook_resid_mid@question",
  "noise(900):blocks.4.hook_resid_post@latent!pin",
];

const numbersOf = (result: RunResult): object => ({
  ids: result.answer.ids,
  finish: result.answer.finish,
  fired: result.fired.map(({ name, count }) => [name, count]),
  positions: result.layout.length,
});

describe("verifying the clean answer", () => {
  test("gives every row the tokens, counts and scores of plain decoding, where most rows differ from the clean one", async () => {
    const model = await loaded;
    const conditions = [condition(), ...STRONG.map((spec) => condition(spec))];
    const asked = problems.slice(0, 10);
    let counts: LoopCounts | undefined;
    const options = {
      maxNewTokens: 10,
      expected: asked.map(({ expected }) => expected),
      attentionLayers: [4],
      capture: ["blocks.9.hook_resid_post", "blocks.9.attn.hook_pattern", "hook_logits"] as const,
    };
    const texts = asked.map(({ question }) => question);
    const onCounts = (each: LoopCounts): void => {
      counts = each;
    };
    const plain = await model.runConditions(texts, conditions, { ...options, verify: false });
    const knownAnswers = plain.map(([clean]) => clean?.answer.ids ?? []);
    const verified = await model.runConditions(texts, conditions, { ...options, knownAnswers, onCounts });
    expect(verified.map((row) => row.map(numbersOf))).toEqual(plain.map((row) => row.map(numbersOf)));
    const apart = verified
      .flat()
      .filter(({ answer }, i) => answer.text !== verified[Math.floor(i / conditions.length)]?.[0]?.answer.text);
    expect(apart.length).toBeGreaterThan(verified.length * 5);
    expect(counts?.verified).toBeGreaterThan(counts?.agreed ?? 0);
    for (const [q, row] of verified.entries())
      for (const [c, result] of row.entries()) expectClose(result, plain[q]?.[c]);
  });

  test("a known clean answer, right, wrong or too long, changes nothing", async () => {
    const model = await loaded;
    const conditions = [condition(), ...STRONG.slice(0, 6).map((spec) => condition(spec))];
    const asked = problems.slice(20, 23);
    const texts = asked.map(({ question }) => question);
    const options = { maxNewTokens: 10, expected: asked.map(({ expected }) => expected) };
    const plain = await model.runConditions(texts, conditions, options);
    const own = plain.map(([clean]) => [...(clean?.answer.ids ?? [])]);
    const wrong = own.map((ids) => [...ids.slice(0, 2), 7, ...ids.slice(3)]);
    const long = own.map((ids) => [...ids, ...Array<number>(20).fill(9)]);
    for (const knownAnswers of [own, wrong, long]) {
      const found = await model.runConditions(texts, conditions, { ...options, knownAnswers });
      expect(found.map((row) => row.map(numbersOf))).toEqual(plain.map((row) => row.map(numbersOf)));
      for (const [q, row] of found.entries())
        for (const [c, result] of row.entries()) expectClose(result, plain[q]?.[c] as RunResult);
    }
  });

  test("the expected number is scored after the baseline's own text, whatever that is", async () => {
    using model = await CodiModel.load(modelFolder("grouped-llama3"));
    const { answer } = await model.run("Hi.", { maxNewTokens: 12 });
    expect(answer.text).toBe("p333333333");
    const options = { maxNewTokens: 12, expected: [333333333] };
    const [[clean, ablated] = []] = await model.runConditions(
      ["Hi."],
      [condition(), condition("scale(1.001):blocks.1.hook_resid_post@latent.2")],
      options,
    );
    const wanted = answer.tokens.slice(1, 10).reduce((sum, { logProb }) => sum + logProb, 0);
    expect(clean?.score?.expectedLogProb).toBeCloseTo(wanted, 4);
    expect(ablated?.score?.expectedLogProb).toBeCloseTo(wanted, 1);
  });

  test("holds on random checkpoints, whose answers run to the limit", async () => {
    for (const name of ["grouped-llama3", "full-heads"]) {
      using model = await CodiModel.load(modelFolder(name));
      const conditions = [
        condition(),
        condition("zero:blocks.1.hook_resid_post@latent.2"),
        condition("noise(1):blocks.0.hook_resid_post@eot"),
        condition("scale(0.99):blocks.0.hook_resid_post@latent.0"),
      ];
      const texts = ["Ann has 2 cups. How many?", "Hi."];
      const plain = await model.runConditions(texts, conditions, { maxNewTokens: 12, verify: false });
      const knownAnswers = plain.map(([clean]) => clean?.answer.ids ?? []);
      const verified = await model.runConditions(texts, conditions, { maxNewTokens: 12, knownAnswers });
      expect(verified.map((row) => row.map(numbersOf))).toEqual(plain.map((row) => row.map(numbersOf)));
    }
  });
});

describe("the tree", () => {
  test("12 problems under the study's conditions, and some subsets, equal each run alone", async () => {
    const model = await loaded;
    const some = problems.slice(40, 52);
    const conditions = [
      condition(),
      ...[0, 1, 2, 3, 4, 5].map((k) => condition(zero(k))),
      subsets(6)[42],
      subsets(6)[63],
    ].filter((each) => each !== undefined);
    const texts = some.map(({ question }) => question);
    const all = await model.runConditions(texts, conditions, { maxNewTokens: 12 });
    for (const [q, question] of texts.entries())
      for (const [c, { interventions }] of conditions.entries()) {
        // The first problems under all conditions, the others under one each in turn.
        if (q > 1 && q % conditions.length !== c) continue;
        const alone = await model.run(question, { interventions, maxNewTokens: 12 });
        expect(numbersOf(all[q]?.[c] as RunResult)).toEqual(numbersOf(alone));
      }
  });

  test("any tree of interventions at any stages, heights and rules equals each run alone", async () => {
    const model = await loaded;
    const before = tf.memory().numTensors;
    const site = fc.tuple(
      fc.constantFrom("hook_resid_pre", "hook_resid_post", "hook_mlp_out", "attn.hook_z", "mlp.hook_post"),
      fc.integer({ min: 0, max: 15 }),
    );
    const address = fc.constantFrom(
      "question.2",
      "bot",
      "latent.0",
      "latent.1",
      "latent.5",
      "latent",
      "eot",
      "answer.0",
      "latent.3,eot",
    );
    const spec = fc
      .tuple(fc.constantFrom("zero", "scale(-1)", "noise(1)"), site, address, fc.boolean())
      .map(
        ([operation, [kind, layer], where, pin]) => `${operation}:blocks.${layer}.${kind}@${where}${pin ? "!pin" : ""}`,
      );
    const tree = fc.array(fc.array(spec, { maxLength: 3 }), { minLength: 2, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(tree, async (specs) => {
        const conditions = specs.map((each) => condition(...each));
        const texts = questions.slice(0, 2);
        const results = await model.runConditions(texts, conditions, { maxNewTokens: 8 });
        for (const [q, text] of texts.entries())
          for (const [c, { interventions }] of conditions.entries())
            expect(numbersOf(results[q]?.[c] as RunResult)).toEqual(
              numbersOf(await model.run(text, { interventions, maxNewTokens: 8 })),
            );
      }),
      { numRuns: 4, seed: 11 },
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("does identical work once: 64 subsets take the nodes of a binary tree, not 64 runs", async () => {
    const model = await loaded;
    const question = questions[0] ?? "";
    let counts: LoopCounts | undefined;
    const [row = []] = await model.runConditions([question], subsets(6), {
      maxNewTokens: 12,
      onCounts: (each) => {
        counts = each;
      },
    });
    const prompt = row[0]?.promptIds.length ?? 0;
    const answer = row[0]?.answer.ids.length ?? 0;
    // Latent k is entered by 2^k rows, which are twice as many from block 9 on, or from the first where that costs less than a level.
    const latents = [0, 1, 2, 3, 4, 5].reduce((sum, k) => {
      const isEarly = (2 ** k * 9) / 16 < levelCells(model.config);
      return sum + 2 ** k * (isEarly ? 2 : (9 + 2 * 7) / 16);
    }, 0);
    // Each row: EOT and its tokens but the last.
    const own = row.reduce((sum, { answer: { ids } }) => sum + ids.length, 0);
    expect(counts?.tokenForwards).toBeCloseTo(prompt + latents + own, 9);
    const least = prompt + latents + 64 * answer;
    const batch = { questions: [question], conditions: subsets(6) };
    const plan = planRows(batch, (text) => model.promptIds(text), {
      ...{ numLatents: 6, layers: 16 },
      levelCells: levelCells(model.config),
    });
    const { forwards, heads, ...cost } = treeCost(plan, {
      eotTokens: 1,
      answerTokens: answer,
      mostCells: 1e6,
      forwardCells: 1,
    });
    // Step by step it is the same work; the lens reads the clean row at BOT and after each latent.
    expect(forwards.reduce((sum, { cells, share }) => sum + cells * share, 0)).toBeCloseTo(least, 9);
    expect(heads.slice(0, 7)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(cost).toEqual({
      nodes: 1 + 2 + 4 + 8 + 16 + 32 + 64 + 64,
      tokenForwards: least,
      apart: 64 * (prompt + 6 + answer),
      rows: [1, 2, 4, 8, 16, 32, 64, 64],
    });
  });

  test("a plan is data: rows, stages and heights follow from the conditions alone", () => {
    const conditions = [condition(), condition(zero(2, 3)), condition(zero(2, 5)), condition(zero(2, 3), zero(4, 3))];
    const { tree } = planRows({ questions: ["a"], conditions }, () => [0, 7, 3], {
      numLatents: 6,
      layers: 16,
    });
    const { roots } = tree;
    const rowsOf = (groups: readonly Group[]): (readonly number[])[] => groups.map(({ rows }) => rows);
    expect(roots).toEqual([{ lead: 0, rows: [0, 1, 2, 3] }]);
    expect(tree.levels(1, roots).map(({ height, groups }) => [height, groups])).toEqual([[0, roots]]);
    const at2 = tree.levels(3, roots);
    expect(at2.map(({ height, groups }) => [height, rowsOf(groups)])).toEqual([
      [0, [[0, 1, 2, 3]]],
      [
        8,
        [
          [0, 2],
          [1, 3],
        ],
      ],
      [12, [[0], [2], [1, 3]]],
    ]);
    const after = tree.levels(5, at2.at(-1)?.groups ?? []).at(-1)?.groups ?? [];
    expect(after.map(({ lead }) => lead)).toEqual([0, 2, 1, 3]);
    expect(rowsOf(after)).toEqual([[0], [2], [1], [3]]);
  });
});

// Beside the largest value: ten times the float32 noise between batches of other shapes (see batches.test.ts).
const NOISE = 5e-5;

function expectClose(found: RunResult, wanted: RunResult | undefined): void {
  for (const site of wanted?.captures.sites ?? []) {
    const [a, b] = [found.captures.get(site), wanted?.captures.get(site)];
    expect(a.shape).toEqual(b?.shape);
    const largest = b?.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0) ?? 0;
    const apart = a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b?.data[i] ?? Number.NaN))), 0);
    expect({ site, within: apart <= NOISE * largest }).toEqual({ site, within: true });
  }
  expect([...found.attention.keys()]).toEqual([...(wanted?.attention.keys() ?? [])]);
  for (const [layer, byPosition] of wanted?.attention ?? [])
    expect([...(found.attention.get(layer)?.keys() ?? [])]).toEqual([...byPosition.keys()]);
  expect(found.score?.expectedLogProb ?? 0).toBeCloseTo(numberOrNull(wanted?.score.expectedLogProb) ?? Number.NaN, 2);
  expect(found.score?.klAtNumber ?? 0).toBeCloseTo(numberOrNull(wanted?.score.klAtNumber) ?? Number.NaN, 3);
}

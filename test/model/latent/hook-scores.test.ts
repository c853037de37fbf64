/** A hook is scored as any intervention is: alone, in batches and under conditions, as PyTorch has it (test/fixtures/make/hook_scores.py). */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { at, type Hook, hook, parseAddress, parseIntervention, type RunResult, tf } from "../../../src/index.js";
import { blockSite } from "../../../src/model/hooks/names.js";
import { numberOrNull, type RunScore } from "../../../src/model/latent/run/run-score.js";
import { readJson } from "../../support/parity.js";
import { loadTiny } from "../../support/tiny.js";

interface Case {
  readonly question: string;
  readonly expected: number;
  readonly layer: number;
  readonly positions: readonly string[];
  readonly zeroed: readonly [number, string] | null;
  readonly answer: readonly number[];
  readonly log_prob: number;
  readonly kl_at_number: number;
  readonly kl_at_first: number;
}

const model = await loadTiny();
afterAll(() => model.dispose());

const { cases, limit } = readJson<{ cases: Case[]; limit: number }>("hook_scores");

// The last half of the width, then what stood before it, halved.
function bent({ layer, positions }: Case): Hook {
  return hook(blockSite(layer, "hook_resid_post"), positions.map(parseAddress), (x) => {
    const width = x.shape[2];
    return tf.mul(
      tf.concat([tf.slice(x, [0, 0, width - 1], [-1, -1, 1]), tf.slice(x, [0, 0, 0], [-1, -1, width - 1])], 2),
      0.5,
    );
  });
}

function zeroed({ zeroed: place }: Case): string[] {
  return place === null ? [] : [`zero:blocks.${place[0]}.hook_resid_post@${place[1]}`];
}

// In float32 on both sides.
function expectScores(score: RunScore | undefined, wanted: Case): void {
  for (const [ours, theirs] of [
    [score?.expectedLogProb, wanted.log_prob],
    [score?.klAtNumber, wanted.kl_at_number],
    [score?.klAtFirst, wanted.kl_at_first],
  ] as const)
    expect(Math.abs((numberOrNull(ours) ?? Number.NaN) - theirs)).toBeLessThan(1e-3 * Math.abs(theirs) + 1e-5);
}

const options = { maxNewTokens: limit, scoreFirstToken: true };

describe.each(cases)("layer $layer at $positions, besides $zeroed: $question", (each) => {
  test("run", async () => {
    const before = tf.memory().numTensors;
    const result = await model.run(each.question, {
      ...options,
      expected: [each.expected],
      interventions: zeroed(each),
      hooks: [bent(each)],
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(result.answer.ids).toEqual(each.answer);
    expectScores(result.score, each);
  });
});

test("runBatch and runConditions: no score depends on batch mates", async () => {
  const [first] = cases;
  if (first === undefined) throw new Error("no cases");
  const same = cases.filter(
    ({ layer, positions, zeroed: place }) =>
      layer === first.layer && positions.join() === first.positions.join() && place === null,
  );
  const questions = same.map(({ question }) => question);
  const expected = same.map((each) => each.expected);
  const batch = await model.runBatch(questions, { ...options, expected, hooks: [bent(first)] });
  for (const [i, each] of same.entries()) expectScores(batch[i]?.score, each);
  const with5 = cases.filter(({ zeroed: place }) => place?.[1] === "latent.5");
  const conditions = [[], zeroed(with5[0] as Case)].map((some, i) => ({
    name: `${i}`,
    interventions: some.map(parseIntervention),
  }));
  const rows = await model.runConditions(questions, conditions, { ...options, expected, hooks: [bent(first)] });
  for (const [i] of same.entries()) {
    expectScores(rows[i]?.[0]?.score, same[i] as Case);
    expectScores(rows[i]?.[1]?.score, with5[i] as Case);
  }
});

const { question, expected } = cases[0] as Case;

test("a callback sees its own answer token by token, and knows the pass that scores", async () => {
  const seen = async (given: { readonly expected?: number[] }): Promise<string[]> => {
    const positions: string[] = [];
    const look = hook("blocks.2.hook_resid_post", at.answer(), (_, info) => {
      if (!info.scoring) positions.push(info.positions.join());
    });
    const { fired } = await model.run(question, { ...given, hooks: [look] });
    expect(fired[0]?.count).toBe(positions.length);
    return positions;
  };
  const alone = await seen({});
  expect(alone.length).toBeGreaterThan(2);
  expect(await seen({ expected: [expected] })).toEqual(alone);
});

test("interventions of a run are scored without a baseline beside them", async () => {
  const zero = "zero:blocks.8.hook_resid_post@latent.2";
  const { score } = await model.run(question, { expected: [expected], interventions: [zero] });
  const [[, wanted] = []] = await model.runConditions(
    [question],
    [
      { name: "baseline", interventions: [] },
      { name: "zero", interventions: [parseIntervention(zero)] },
    ],
    { expected: [expected] },
  );
  expect(numberOrNull(score.expectedLogProb)).toBeCloseTo(numberOrNull(wanted?.score.expectedLogProb) ?? Number.NaN, 4);
  expect(numberOrNull(score.klAtNumber)).toBeCloseTo(numberOrNull(wanted?.score.klAtNumber) ?? Number.NaN, 4);
});

describe("what has no value says why", () => {
  const plain = (some: Parameters<typeof model.run>[1]): Promise<RunResult> => model.run(question, some);

  test("nothing was asked for", async () => {
    expect((await plain({})).score).toEqual({
      kind: "undefined",
      reason: "neither expected answers nor contrasts were given",
    });
  });

  test("one of the scores was not", async () => {
    expect((await plain({ expected: [expected] })).score).toEqual({
      kind: "scores",
      expectedLogProb: expect.any(Number),
      klAtNumber: 0,
      klAtFirst: { kind: "undefined", reason: "scoreFirstToken was not asked for" },
      logitDifference: { kind: "undefined", reason: "no contrasts were given" },
    });
  });

  test("the run failed", async () => {
    const [failed] = await model.runBatch([question], {
      expected: [expected],
      interventions: ["scale(5e37):ln_final.hook_normalized@eot"],
    });
    expect(failed?.failure).not.toBeNull();
    expect(failed?.score).toEqual({ kind: "undefined", reason: "the run's numbers were not finite" });
  });
});

test("as many expected answers as questions", async () => {
  await expect(model.run(question, { expected: [expected, 1] })).rejects.toThrow(
    "expected has 2 entries for 1 questions",
  );
});

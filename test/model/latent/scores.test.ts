/** Scores at the answer's number and at its first token are what PyTorch has (test/fixtures/make/scores.py). */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { parseIntervention } from "../../../src/index.js";
import { numberOrNull } from "../../../src/model/latent/run/run-score.js";
import { readJson } from "../../support/parity.js";
import { loadTiny } from "../../support/tiny.js";

interface Case {
  readonly question: string;
  readonly expected: number;
  readonly layer: number;
  readonly positions: string[];
  readonly log_prob: number;
  readonly kl_at_number: number;
  readonly kl_at_first: number;
}

const model = await loadTiny();
afterAll(() => model.dispose());

const { cases } = readJson<{ cases: Case[] }>("scores");
const questions = [...new Set(cases.map(({ question }) => question))];
const of = (question: string): Case[] => cases.filter((each) => each.question === question);
const conditions = [
  { name: "baseline", interventions: [] },
  ...of(questions[0] ?? "").map(({ layer, positions }) => ({
    name: `${layer}: ${positions}`,
    interventions: positions.map((at) => parseIntervention(`zero:blocks.${layer}.hook_resid_post@${at}`)),
  })),
];
const expected = questions.map((question) => of(question)[0]?.expected ?? 0);

// In float32 on both sides.
const near = (wanted: number): number => 1e-3 * Math.abs(wanted) + 1e-6;

describe.each([true, false])("scores, where answers are verified: %s", (verify) => {
  test("log-probability and both KLs of every condition and question", async () => {
    const results = await model.runConditions(questions, conditions, { expected, scoreFirstToken: true, verify });
    let compared = 0;
    for (const [q, question] of questions.entries()) {
      const [clean, ...others] = results[q] ?? [];
      expect(clean?.score).toMatchObject({ klAtNumber: 0, klAtFirst: 0 });
      for (const [i, wanted] of of(question).entries()) {
        const { expectedLogProb, klAtNumber, klAtFirst } = others[i]?.score ?? {};
        const pairs = [
          [expectedLogProb, wanted.log_prob],
          [klAtNumber, wanted.kl_at_number],
          [klAtFirst, wanted.kl_at_first],
        ] as const;
        for (const [ours, theirs] of pairs) {
          expect(
            Math.abs((numberOrNull(ours) ?? Number.NaN) - theirs),
            `${question} ${wanted.layer} ${wanted.positions}`,
          ).toBeLessThan(near(theirs));
          compared += 1;
        }
      }
    }
    expect(compared).toBe(3 * cases.length);
  });
});

test("KL at the first token is not measured unless asked for", async () => {
  const [[, cut] = []] = await model.runConditions(questions.slice(0, 1), conditions.slice(0, 2), {
    expected: expected.slice(0, 1),
  });
  expect(cut?.score).toMatchObject({
    klAtFirst: { kind: "undefined", reason: "scoreFirstToken was not asked for" },
    klAtNumber: expect.any(Number),
  });
});

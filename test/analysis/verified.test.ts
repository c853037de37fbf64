/** Chains of equations out of what positions name: equal to those that a script found by trying everything (test/fixtures/make/verified.py). */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bestChain, type Chain } from "../../src/studies/verified/chain.js";
import { equationOf, isSameChain } from "../../src/studies/verified/equation.js";
import { questionNumbers } from "../../src/studies/verified/question-numbers.js";
import type { NamedNumber } from "../../src/studies/verified/record.js";
import { lenders, type VerifiedRow, verifiedSummary } from "../../src/studies/verified/summary.js";
import { verifiedSentence } from "../../src/studies/verified/words.js";

type Written = readonly (readonly [place: number, equation: string])[] | null;

interface Reference {
  readonly positions: readonly string[];
  readonly problems: readonly {
    readonly id: string;
    readonly answer: number;
    readonly numbers: readonly (readonly NamedNumber[])[];
    /** None where the question states more numbers than can be tried; with the first choice, or with the first, the first two and three. */
    readonly chains: readonly Written[];
    /** With the numbers of the next problem. */
    readonly others: readonly Written[];
  }[];
}

const reference = JSON.parse(readFileSync("test/fixtures/verified.json", "utf8")) as Reference;
const questions = new Map(
  readFileSync("weights/tiny-codi/problems_100.jsonl", "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; question: string; answer: string })
    .map((row) => [row.id, row] as const),
);
const questionOf = (id: string): string => questions.get(id)?.question ?? "";

function written(chain: Chain | null): Written {
  const sign = { "+": "+", "−": "-", "×": "*", "÷": "/" } as const;
  return chain?.steps.map((step) => [step.place, `${step.left}${sign[step.sign]}${step.right}=${step.value}`]) ?? null;
}

describe("chains of the embedded model", () => {
  test.each(["chains", "others"] as const)("%s are those that were found by trying everything", (kind) => {
    const { problems } = reference;
    const ours = problems.map(({ id, answer, [kind]: theirs }, i) => {
      const named = problems[(i + (kind === "others" ? 1 : 0)) % problems.length]?.numbers ?? [];
      let known: Chain | null = null;
      return theirs.map((_, level) => {
        const numbers = named.map((some) => some.filter(([, rank]) => rank <= level + 1));
        const source = { question: questionNumbers(questionOf(id)), numbers, answer };
        // Begun with what fewer choices gave, or from nothing: the same.
        const alone = bestChain(source);
        known = bestChain(source, known);
        expect(written(known), id).toEqual(written(alone));
        return written(alone);
      });
    });
    expect(ours).toEqual(problems.map(({ [kind]: theirs }) => theirs));
    expect(ours.flat().some((chain) => chain !== null)).toBe(true);
    expect(ours.filter(({ length }) => length === 3).length).toBeGreaterThan(10);
  });

  test("the summary counts them beside the solutions and beside another problem's latents", () => {
    const rows = reference.problems.map(
      ({ id, answer, numbers }): VerifiedRow => ({
        problemId: id,
        question: questionOf(id),
        answer,
        correct: true,
        named: {
          positions: reference.positions,
          numbers,
          choices: 5,
          solution: [...(questions.get(id)?.answer.matchAll(/<<(.*?)>>/g) ?? [])].map(([, step = ""]) => step),
          unsaid: [],
        },
      }),
    );
    const summary = verifiedSummary(rows, 0);
    for (const { found, same, wrong } of summary?.levels ?? []) {
      expect(found.own.count).toBe(100);
      expect(same.own.count).toBeGreaterThanOrEqual(95);
      expect(same.other?.count).toBeLessThanOrEqual(5);
      expect(wrong.own.n).toBe(0);
    }
    expect(summary?.levels.length).toBe(3);
    expect(verifiedSentence(summary ?? never())).toMatch(
      /is found in 100 of 100 problems .* with another problem's latents in \d+ .*solution's own chain in (?:9\d|100) of 100 problems/,
    );
    const alone = verifiedSummary(rows.slice(0, 1), 0);
    expect(alone?.levels[0]?.found.other).toBeNull();
    const mute = verifiedSummary(
      rows.slice(0, 3).map((row) => ({ ...row, answer: null })),
      0,
    );
    expect(mute?.levels[0]?.found.own.count).toBe(0);
    expect(verifiedSentence(mute ?? never())).toMatch(/^No answer has a number/);
  });
});

function never(): never {
  throw new Error("nothing was summed up");
}

describe("what a chain may be", () => {
  const first = (values: readonly number[]): NamedNumber[][] => values.map((value) => [[value, 1]]);
  const chain = (question: string, values: readonly number[], answer: number): Written =>
    written(bestChain({ question: questionNumbers(question), numbers: first(values), answer }));

  test("one number may be used twice, and no second one", () => {
    expect(chain("She sold 48 clips in April and half as many in May.", [24, 72], 72)).toEqual([
      [0, "48/2=24"],
      [1, "24+48=72"],
    ]);
    expect(chain("She has 5.", [10], 10)).toBeNull();
    expect(chain("She has 2 and 3.", [5, 7, 12], 12)).toBeNull();
  });

  test("it ends in the answer, and leaves no value of its own unused", () => {
    expect(chain("Tom has 3 pens and buys 4.", [7], 8)).toBeNull();
    expect(chain("Tom has 3 pens, 4 cards and 2 cups.", [12, 5], 5)).toEqual([[1, "3+2=5"]]);
  });

  test("a position that is passed over costs more than a second choice", () => {
    const numbers: NamedNumber[][] = [
      [
        [9, 1],
        [7, 2],
      ],
      [[7, 1]],
    ];
    const found = bestChain({ question: questionNumbers("Tom has 3 pens and 4 cards."), numbers, answer: 7 });
    expect(written(found)).toEqual([[0, "3+4=7"]]);
    expect(found).toMatchObject({ unmatched: 0, passed: 0, ranks: 1, apart: 0 });
  });

  test("a word for an operation takes no other", () => {
    expect(chain("Tom has 4 pens. He gives away half.", [2], 2)).toEqual([[0, "4/2=2"]]);
    expect(chain("Tom has 2 pens. He doubles them.", [4], 4)).toEqual([[0, "2*2=4"]]);
    expect(chain("Tom has 4 pens. He loses 2.", [2], 2)).toEqual([[0, "4-2=2"]]);
    expect(chain("Tom has 2 bags with 2 pens in each.", [4], 4)).toEqual([[0, "2*2=4"]]);
    expect(chain("Tom has 2 pens. He buys 2.", [4], 4)).toEqual([[0, "2+2=4"]]);
  });
});

test("a question's numbers are read in digits, words and operations, with the sentence of an `each`", () => {
  expect(questionNumbers("Two boxes cost $1,200.50 each. He doubles 20% of 3.5?")).toEqual([
    { value: 2, only: null, each: 0 },
    { value: 1200.5, only: null, each: 0 },
    { value: 2, only: "×", each: null },
    { value: 20, only: null, each: null },
    { value: 100, only: null, each: null },
    { value: 3.5, only: null, each: null },
  ]);
});

test("a solution's steps are equations of two numbers, or not compared", () => {
  expect(equationOf("48/2=24")).toEqual({ left: 48, sign: "÷", right: 2, value: 24 });
  expect(equationOf("1,000 * .5 = 500")).toEqual({ left: 1000, sign: "×", right: 0.5, value: 500 });
  for (const text of ["16-3-4=9", "50%*8=4", "2x=4", "8"]) expect(equationOf(text), text).toBeNull();
  const [sum, turned, less, back] = ["3+4=7", "4+3=7", "4-4=0", "3-4=7"].map((text) => equationOf(text) ?? never());
  expect(isSameChain([sum ?? never()], [turned ?? never()])).toBe(true);
  expect(isSameChain([sum ?? never()], [back ?? never()])).toBe(false);
  expect(isSameChain([sum ?? never()], [sum ?? never(), less ?? never()])).toBe(false);
});

test("every problem has another's latents, and all are lent once", () => {
  for (const count of [2, 3, 10, 101]) {
    const lent = lenders(count, 4);
    expect(lent.some((lender, i) => lender === i)).toBe(false);
    expect(new Set(lent).size).toBe(count);
  }
});

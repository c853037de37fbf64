/** Links of a report into the page of `codilens lab`: the page reads of each the question and the edit that the run made. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { LAB_PORT, labLink } from "../../src/analysis/page/lab-link.js";
import { problemViews } from "../../src/analysis/report/problems.js";
import type { ProblemView } from "../../src/analysis/summary-types.js";
import { fromFragment } from "../../src/lab/edits/fragment/fragment.js";

const QUESTIONS = [
  "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?",
  `1 + 1 = 2 & "quotes" <b>#hash</b> 100 % 'é' 🍎 a:b,c`,
  "two  blanks\nand a line",
];

describe("a link", () => {
  test.each(QUESTIONS)("opens %j", (question) => {
    for (const latent of [null, 0, 5]) {
      const link = new URL(labLink({ question, latent, block: 8 }));
      expect(link.origin).toBe(`http://127.0.0.1:${LAB_PORT}`);
      const target = { kind: "cell", block: 8, latent };
      const edits = latent === null ? [] : [{ id: 1, target, operation: { kind: "zero" }, on: true }];
      expect(fromFragment(link.hash)).toMatchObject({ kind: "state", state: { question, edits } });
    }
  });
});

test("half of a character does no harm", () => {
  const link = new URL(labLink({ question: "a\ud83cb", latent: null, block: 8 }));
  expect(fromFragment(link.hash)).toMatchObject({ state: { question: "a\ufffdb" } });
});

describe("the report's problems", () => {
  const problem = {
    id: "p",
    difficulty: "2-step",
    question: QUESTIONS[1] ?? "",
    expected: 7,
    baseline: "The answer is: 7",
    baselineCorrect: true,
    lens: null,
    ablated: [{ latent: 3, answer: "The answer is: 8", correct: false }],
  } as unknown as ProblemView;

  test("link the question and each ablation", () => {
    const links = [...problemViews([problem], 8).matchAll(/href="([^"]*)"/g)].map(([, href = ""]) =>
      href.replaceAll("&amp;", "&").replaceAll("&#39;", "'"),
    );
    expect(links).toEqual([null, 3].map((latent) => labLink({ question: problem.question ?? "", latent, block: 8 })));
  });

  test("have no link where the page would do something else", () => {
    expect(problemViews([problem], null)).not.toContain("href");
    expect(problemViews([{ ...problem, question: null }], 8)).not.toContain("href");
  });
});

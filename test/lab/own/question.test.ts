/** Questions of one's own: which stretches the embedded model cannot know, and what a question of its kind comes to. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EXAMPLES } from "../../../src/lab/own/examples.js";
import { NUMBERS, WORDS } from "../../../src/lab/own/grammar.js";
import { markQuestion } from "../../../src/lab/own/marks.js";
import { readQuestion } from "../../../src/lab/own/reading.js";

const generated = JSON.parse(readFileSync("test/fixtures/question_kinds.json", "utf8")) as {
  readonly words: readonly string[];
  readonly numbers: readonly number[];
  readonly problems: readonly { readonly question: string; readonly totals: readonly number[] }[];
};
const heldOut = readFileSync("weights/tiny-codi/problems_100.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { id: string; question: string; answer: string });

describe("what the generator writes", () => {
  test("words and numbers are those that are known", () => {
    expect([...WORDS].sort()).toEqual([...generated.words].sort());
    expect([Math.min(...generated.numbers), Math.max(...generated.numbers)]).toEqual([NUMBERS.least, NUMBERS.most]);
  });

  test("no stretch of a problem is marked, and every step is read", () => {
    expect(generated.problems.length).toBe(150);
    for (const { question, totals } of generated.problems) {
      expect(markQuestion(question)).toEqual([{ text: question, mark: null }]);
      expect(readQuestion(question)).toMatchObject({ totals, trouble: null });
    }
    for (const { question, answer } of heldOut)
      expect(readQuestion(question).totals?.at(-1)).toBe(Number(answer.split("#### ")[1]));
  });

  test("the examples are held-out problems with their answers", () => {
    for (const { id, question, answer } of EXAMPLES) {
      const row = heldOut.find((each) => each.id === id);
      expect([row?.question, row?.answer.split("#### ")[1]]).toEqual([question, String(answer)]);
    }
    expect(new Set(EXAMPLES.map(({ id }) => id.split("-")[0])).size).toBe(4);
  });
});

describe("marks", () => {
  test.each([
    ["Tom has 3 bikes.", [["bikes", "word"]]],
    [
      "Tom has 21 pens!",
      [
        ["21", "number"],
        ["!", "sign"],
      ],
    ],
    ["Tom has 3.5 pens.", [["3.5", "number"]]],
    [
      "Tom has 0 pens, 007 eggs.",
      [
        ["0", "number"],
        [",", "sign"],
        ["007", "number"],
      ],
    ],
    [
      "tom hat drei Äpfel 🍎",
      [
        ["tom", "word"],
        ["hat", "word"],
        ["drei", "word"],
        ["Äpfel", "word"],
        ["🍎", "sign"],
      ],
    ],
    ["Tom has ٣ pens", [["٣", "number"]]],
    ["", []],
  ])("%s", (question, marked) => {
    const stretches = markQuestion(question);
    expect(stretches.map(({ text }) => text).join("")).toBe(question);
    expect(stretches.flatMap(({ text, mark }) => (mark === null ? [] : [[text, mark]]))).toEqual(marked);
  });
});

describe("what is no problem of the model's kind says why", () => {
  const end = "How many pens does Tom have now?";
  test.each([
    ["", /no question yet/],
    ["Why?", /a start, steps, and a question/],
    [`Tom has 3 pens. ${end}`, /at least one step/],
    [`Tom has 3 pens. Tom eats 2. ${end}`, /Sentence 2 is not one/],
    [`Tom buys 4 more. Tom has 3 pens. ${end}`, /Sentence 1 is not one/],
    [`Tom has 3 pens. Ann buys 4 more. ${end}`, /about one person, this one about Tom and Ann/],
    ["Tom has 3 pens. Tom buys 4 more. How many eggs does Tom have now?", /this one pens and eggs/],
    [`Tom has 3 pens. Tom loses 4. ${end}`, /After sentence 2 there are -1/],
    [`Tom has 3 pens. Then Tom gives away half. ${end}`, /After sentence 2 there are 1.5/],
    [`Tom has 3 pens. Tom buys 13 more. ${end}`, /Sentence 2 has 13; in training that number was from 1 to 12/],
    [`Tom has 20 pens. ${"Then Tom doubles the pens. ".repeat(2)}${end}`, /there are 80/],
    [`Tom has 3 pens. ${"Tom buys 1 more. ".repeat(7)}${end}`, /has 7 steps/],
  ])("%s", (question, sentence) => {
    const { totals, trouble } = readQuestion(question);
    expect(totals).toBeNull();
    expect(trouble).toMatch(sentence);
  });
});

/** Spans of a question: by hand for this model's tokens, pieces of words and odd punctuation, and against what a reader marked in GSM8K's questions. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { conditionsOf } from "../../src/studies/index.js";
import {
  namePositions,
  numberPositions,
  OPERATION_WORDS,
  operationPositions,
  runsOf,
} from "../../src/studies/question-to-latent/question-words.js";
import { readJson } from "../support/parity.js";
import { loadTiny, problems as tinyProblems } from "../support/tiny.js";

const model = await loadTiny();
afterAll(() => model.dispose());

/** Words, numbers and signs apart, blanks before words, as most tokenizers have them. */
function tokensOf(question: string): string[] {
  return ["<s>", ...(question.match(/ ?\p{L}+|\d{1,3}|\s?[^\p{L}\d]/gu) ?? [])];
}

const texts = (tokens: readonly string[], positions: readonly number[]): string[] =>
  positions.map((i) => (tokens[i] ?? "?").trim());

describe("operation words", () => {
  test.each([
    ["Ann has 18 eggs. Ann loses 2. Then Ann doubles the eggs.", ["loses", "doubles"]],
    ["Tom has 5 boxes with 3 pens in EACH. Tom gives away half!", ["EACH", "gives", "away", "half"]],
    ["He pays 20% less; how much is left in total?", ["pays", "%", "less", "left", "total"]],
    ["A meachant eachway halfhearted totally.", []],
  ])("%s", (question, wanted) => {
    const tokens = tokensOf(question);
    expect(texts(tokens, operationPositions(tokens))).toEqual(wanted);
  });

  test("a word in pieces takes all its pieces, one that is only part of another none", () => {
    expect(operationPositions(["<s>", "Tom", " dou", "bl", "es", " it", "."])).toEqual([2, 3, 4]);
    expect(operationPositions(["<s>", " sub", "total", " so", "me"])).toEqual([]);
  });

  test("the first token is BOS and no word", () => expect(operationPositions(["total", "total"])).toEqual([1]));

  test("the lists hold small letters, and no word stands in two", () => {
    const all = Object.values(OPERATION_WORDS).flatMap((list) => [...list]);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((word) => !/^(?:\p{Ll}+|%)$/u.test(word))).toEqual([]);
  });
});

describe("names", () => {
  test.each([
    ["in the middle and at the beginning of sentences", "Tom has 3 pens. Then Tom gives Zoë 2.", ["Tom", "Tom", "Zoë"]],
    ["not words that often begin a sentence", "How many pens does she have? The rest is gone.", []],
    ["not what stands in small letters elsewhere", "Apples cost 2. She buys apples.", []],
    ["not titles, weekdays and months", "Mr. Smith and Mrs. Jones met on Monday in May.", ["Smith", "Jones"]],
    ["not 's", "Janet’s ducks and Bob's hens lay 16 eggs.", ["Janet", "Bob"]],
    ["not abbreviations and single letters", "A TV at the USA shop costs 3 for team B.", []],
    ["a name that is also a word, by its capital in the middle", "Now Will sells 2. Will has 1.", ["Will", "Will"]],
    ["with two capitals", "We ask McDonald and DeShawn.", ["McDonald", "DeShawn"]],
  ])("%s", (_, question, wanted) => {
    const tokens = tokensOf(question);
    expect(texts(tokens, namePositions(tokens))).toEqual(wanted);
  });

  test("a name in pieces takes all its pieces", () => {
    expect(namePositions(["<s>", "Jan", "et", "'s", " pens", ". ", "Jan", "et"])).toEqual([1, 2, 6, 7]);
  });
});

test("numbers: every token with a digit; neighbours are one", () => {
  expect(runsOf(numberPositions(["1", " 1", "2", " pens", " 3", "."]))).toEqual([[1, 2], [4]]);
});

describe("spans of the study", () => {
  const all = conditionsOf(["question-to-latent"], { layer: 2, depth: 4, latents: 6, protocol: "codi" });
  const cut = (name: string, tokens: readonly string[]): number[] =>
    (all.find((each) => each.name === `latent.1 cannot read ${name}`)?.forQuestion?.(tokens) ?? []).flatMap(
      ({ operation }) =>
        operation.kind === "knockout" ? operation.to.split("+").map((key) => Number(key.split(".")[1])) : [],
    );

  test("numbers, operation words, names and the rest are all of the question but BOS, in the embedded model's tokens", () => {
    const question =
      "Noah has 14 stickers. Noah buys 4 jars with 8 stickers in each. How many stickers does Noah have now?";
    const tokens = model
      .promptIds(question)
      .slice(0, -1)
      .map((id) => model.tokenizer.decode([id]));
    const spans = ["all numbers", "operation words", "names", "the rest"].map((span) => cut(span, tokens));
    expect(spans.slice(0, 3).map((positions) => texts(tokens, positions).join(" "))).toEqual([
      "14 4 8",
      "buys each",
      "Noah Noah Noah",
    ]);
    expect(spans.flat().sort((a, b) => a - b)).toEqual(tokens.slice(1).map((_, i) => i + 1));
    expect(cut("BOS", tokens)).toEqual([0]);
  });

  test("each span has a control of as many positions, of the same reader, never BOS", () => {
    for (const { question } of tinyProblems.slice(0, 20)) {
      const tokens = tokensOf(question);
      for (const span of new Set(all.flatMap(({ factors }) => factors["instead"] ?? []))) {
        const [own, control] = [cut(String(span), tokens), cut(`as many at random as ${span}`, tokens)];
        expect(control.length, `${span}: ${question}`).toBe(own.length);
        expect(new Set(control).size).toBe(own.length);
        expect(control).not.toContain(0);
      }
    }
    const effects = all.filter(({ study, factors }) => study === "question-to-latent" && !("control" in factors));
    const controls = all.filter(({ study, factors }) => study === "question-to-latent" && "control" in factors);
    const key = (from: unknown, span: unknown): string => `${from} ${span}`;
    expect(controls.map(({ factors }) => key(factors["from"], factors["instead"]))).toEqual(
      effects.map(({ factors }) => key(factors["from"], factors["span"])),
    );
  });

  test("a question without names has nothing to cut there, nor has its control", () => {
    const tokens = tokensOf("How many pens are 3 pens?");
    expect([cut("names", tokens), cut("as many at random as names", tokens)]).toEqual([[], []]);
  });
});

describe("against what was marked by reading 40 of GSM8K's questions (test/fixtures/make/question_words.py)", () => {
  interface Marked {
    readonly question: string;
    readonly operation: readonly [number, number][];
    readonly persons: readonly [number, number][];
    readonly otherNames: readonly [number, number][];
  }
  const { questions } = readJson<{ questions: Marked[] }>("question_words");

  /** Words that both have, that only the reader marked, and that only the rule takes. */
  function compare(positionsOf: (tokens: readonly string[]) => number[], marksOf: (one: Marked) => Marked["persons"]) {
    const found: Record<"both" | "missed" | "more", string[]> = { both: [], missed: [], more: [] };
    for (const one of questions) {
      const words = [...one.question.matchAll(/\p{L}+|[^\p{L}]/gu)];
      const taken = new Set(positionsOf(["<s>", ...words.map(([text]) => text)]));
      for (const [i, { 0: text, index }] of words.entries()) {
        const isMarked =
          marksOf(one).some(([from, to]) => from < index + text.length && to > index) && /[\p{L}%]/u.test(text);
        const isTaken = taken.has(i + 1);
        if (isMarked || isTaken) found[isMarked && isTaken ? "both" : isMarked ? "missed" : "more"].push(text);
      }
    }
    return found;
  }

  test("names: none too many, and none missed but weekdays, which the rule leaves out", () => {
    const { both, missed, more } = compare(namePositions, ({ persons, otherNames }) => [...persons, ...otherNames]);
    expect(more).toEqual([]);
    expect(missed.filter((word) => !/^\p{Lu}\p{Ll}+day$/u.test(word))).toEqual([]);
    expect(both.length).toBeGreaterThan(80);
  });

  test("operation words: six of seven that carry an operation, and of those taken under two thirds carry one in their question", () => {
    const { both, missed, more } = compare(operationPositions, ({ operation }) => operation);
    // As docs/studies.md says: a closed list does not see what a word means.
    expect(both.length / (both.length + missed.length)).toBeCloseTo(0.86, 2);
    expect(both.length / (both.length + more.length)).toBeCloseTo(0.64, 2);
  });
});

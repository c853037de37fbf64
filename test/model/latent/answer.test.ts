/** The careful reading: the same grammar for an answer and for what it is compared with. */
// @needs nothing

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isCorrect, parseAnswer, parseNumber } from "../../../src/model/latent/answer/number.js";

describe("parseAnswer()", () => {
  test.each<[string, number | string]>([
    ["The answer is: 57", 57],
    ["so 3 + 4\n#### 1,234", 1234],
    ["First 3, then 4", 4],
    ["3 + 4 = 7", 7],
    ["Total is 3. The answer is: 7", 7],
    ["The answer is: -$5", -5],
    ["The answer is: $-5", -5],
    ["The answer is: .5", 0.5],
    ["The answer is: $.75", 0.75],
    ["The answer is: \u22125", -5],
    ["The answer is: 12,34", 1234],
    ["The answer is: 1,00,000", 100_000],
    ["10-5", 5],
    ["10 - 5", 5],
    ["10 = -5", -5],
    ["(-5)", -5],
    ["gate No.5", 5],
    ["about 5.", 5],
    ["1.5e3 m", 1500],
    ["\u20ac1,200.50", 1200.5],
    ["", "empty answer"],
    ["no digits", "no number in answer"],
    ["9".repeat(400), "number beyond double precision"],
  ])("%j", (text, wanted) => {
    const parsed = parseAnswer(text);
    expect(parsed.kind === "none" ? parsed.reason : parsed.value).toBe(wanted);
    if (parsed.kind !== "none") expect(text.slice(parsed.start, parsed.end)).toBe(parsed.text);
  });

  test.each<[string, string]>([
    ["The answer is: B", "B"],
    ["The answer is: (C) because", "C"],
    ["A", "A"],
    ["The answer is: Apple", "no letter in answer"],
    ["The answer is: F", "no letter in answer"],
  ])("the letter of %j", (text, wanted) => {
    const parsed = parseAnswer(text, "letter");
    expect(parsed.kind === "none" ? parsed.reason : parsed.value).toBe(wanted);
    if (parsed.kind !== "none") expect(text.slice(parsed.start, parsed.end)).toBe(wanted);
  });

  test.each<[string, boolean | string]>([
    ["The answer is: True", true],
    ["The answer is: False. That is not True", false],
    ["So it is false", false],
    ["Truely", "neither True nor False in answer"],
  ])("the truth value of %j", (text, wanted) => {
    const parsed = parseAnswer(text, "boolean");
    expect(parsed.kind === "none" ? parsed.reason : parsed.value).toBe(wanted);
    if (parsed.kind !== "none") expect(text.slice(parsed.start, parsed.end)).toBe(parsed.text);
  });
});

describe("parseNumber()", () => {
  test("reads back every number it is given in English notation, alone and in an answer", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.constantFrom("", "$"), (n, currency) => {
        for (const text of [n.toLocaleString("en-US", { maximumFractionDigits: 6 }), String(n)]) {
          const written = text.replace(/^(-?)/, `$1${currency}`).replace(/^-/, n % 2 === 0 ? "-" : "\u2212");
          const value = Number(text.replaceAll(",", ""));
          expect(parseNumber(written)).toBe(value);
          expect(parseAnswer(`The answer is: ${written}`)).toMatchObject({ value, text: written });
        }
      }),
      { seed: 3 },
    );
  });

  test.each<[string, number | null]>([
    ["$18", 18],
    ["-3", -3],
    ["18.0", 18],
    ["18.", 18],
    ["-$ 5", -5],
    ["1,20", 120],
    ["1,", null],
    ["5 apples", null],
    ["3/4", null],
    ["", null],
    ["-", null],
    [`1${"0".repeat(400)}`, null],
  ])("%j", (text, wanted) => {
    expect(parseNumber(text)).toBe(wanted);
  });
});

test("right is closer than 0.01", () => {
  expect([isCorrect(3.009, 3), isCorrect(0.01, 0), isCorrect(3, 3)]).toEqual([true, false, true]);
});

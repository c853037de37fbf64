/** Option values, without starting the program. */

import { describe, expect, test } from "vitest";
import { countingNumber, parseLayers, printable, printableLines, wholeNumber } from "../../src/cli/arguments.js";

describe("parseLayers()", () => {
  test("gives ascending layers", () => {
    expect(parseLayers("14, 4,8")).toEqual([4, 8, 14]);
  });

  test.each(["", "4,,8", "4,8,", "NaN", "1e3", "-1", "+4", "4.0", "0x4", "04", "4,4", "4;8", "9999999999", "４"])(
    "refuses %j",
    (text) => {
      expect(() => parseLayers(text)).toThrow(RangeError);
    },
  );
});

test("countingNumber() starts at 1, wholeNumber() at 0", () => {
  expect([countingNumber("1"), wholeNumber("0")]).toEqual([1, 0]);
  expect(() => countingNumber("0")).toThrow(/not at least 1/);
});

describe("text for a terminal", () => {
  test("printable() shows escape codes, C1 controls, line breaks and direction marks instead of obeying them", () => {
    expect(printable("a\u001b[31m\u009b2J\r\n\u202eb\u200d")).toBe(
      "a\\u{1b}[31m\\u{9b}2J\\u{d}\\u{a}\\u{202e}b\\u{200d}",
    );
    expect(printable("é 汉 🙂 →")).toBe("é 汉 🙂 →");
  });

  test("printableLines() keeps line breaks only", () => {
    expect(printableLines("a\u0007\nb")).toBe("a\\u{7}\nb");
  });
});

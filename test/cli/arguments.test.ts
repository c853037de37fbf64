/** Option values, without starting the program. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { escapeUnprintable } from "../../src/base/errors.js";
import { countingNumber, parseLayers, printableLines, wholeNumber } from "../../src/cli/arguments.js";

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
  test("escapeUnprintable() shows escape codes, C1 controls, line breaks and direction marks instead of obeying them", () => {
    expect(escapeUnprintable("a\u001b[31m\u009b2J\r\n\u202eb\u200d\u{e0001}")).toBe(
      "a\\u001b[31m\\u009b2J\\u000d\\u000a\\u202eb\\u200d\\u{e0001}",
    );
    expect(escapeUnprintable("é 汉 🙂 →")).toBe("é 汉 🙂 →");
  });

  test("printableLines() keeps line breaks only", () => {
    expect(printableLines("a\u0007\nb")).toBe("a\\u0007\nb");
  });
});

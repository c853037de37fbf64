// @needs nothing

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { BadInputError, firstIssue } from "../../src/base/errors.js";

describe("CodiLensError", () => {
  test("its message and its hint are one printable line of a bounded length, whatever a file held", () => {
    const { message, hint } = new BadInputError(`a\n\u001b[2J\u0000\u0085\u2028\u202e${"x".repeat(9000)}`, "b\r\nc");
    expect(message).toMatch(/^a\\u000a\\u001b\[2J\\u0000\\u0085\\u2028\\u202ex+…$/);
    expect(message.length).toBeLessThan(2100);
    expect(hint).toBe("b\\u000d\\u000ac");
  });
});

describe("firstIssue()", () => {
  test("names the field, and cuts a list without end", () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i]));
    const { error } = z.strictObject({}).safeParse(many);
    expect(firstIssue(error ?? { issues: [] })).toMatch(/^top level: Unrecognized keys: "key0".{1,180}…$/);
  });
});

/** Arguments of `npm run bench`. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { GROUPS, parseBenchArguments } from "../../bench/arguments.mjs";
import { UsageError } from "../../src/base/errors.js";

const parse = (...args: string[]) => parseBenchArguments(args, "/project/bench");

describe("arguments of the bench", () => {
  test("all groups run unless some are named, in the order of the list", () => {
    expect(parse().groups).toEqual(GROUPS);
    expect(parse("--only", "study,ceilings").groups).toEqual(["ceilings", "study"]);
  });

  test("a quick run never writes where measured figures lie", () => {
    expect(parse().out).toBe("/project/bench");
    expect(parse("--quick", "--work", "/w").out).toBe("/w/quick");
    expect(parse("--quick", "--out", "/o").out).toBe("/o");
  });

  test.each([
    [["--only", "speed"], /no group "speed"/],
    [["--rounds", "0"], /--rounds is "0"/],
    [["--problems", "2.5"], /--problems is "2.5"/],
    [["--fast"], /--fast/],
    [["extra"], /extra/],
    [["--model"], /--model/],
  ])("%j is refused by name", (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});

/** The text of RESULTS.md. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { aboutLines, ratioIn, timingTable } from "../../bench/report.mjs";
import type { Rounds, Timing } from "../../bench/rounds.mjs";
import { digits, secondsText, table, targetTable, verdict } from "../../bench/table.mjs";

const one = (value: number) => ({ median: value, least: value, most: value });
const timing = (seconds: number, ratio: number, differ: number): Timing => ({
  seconds: one(seconds),
  ratio: one(ratio),
  tokens: { of: 4, differ },
  reply: {},
});
const rounds: Rounds = {
  timings: new Map([
    [
      "a",
      new Map([
        ["ours", timing(0.5, 1, 0)],
        ["right", timing(1, 2, 0)],
        ["wrong", timing(0.1, 0.2, 3)],
      ]),
    ],
  ]),
  absent: [{ name: "nobody", why: "not\ninstalled" }],
  versions: new Map([["ours", "engine 1"]]),
  peaks: new Map([["ours", 2 ** 30]]),
  parameters: 10,
};

describe("the text of results", () => {
  test("numbers have three digits that count, and times the unit that fits", () => {
    expect([0.012345, 1.23456, 123.456, 0, Number.NaN].map(digits)).toEqual(["0.0123", "1.23", "123", "0", "–"]);
    expect(secondsText({ median: 0.5, least: 0.4, most: 0.6 })).toBe("500 ms (400–600)");
    expect(secondsText(one(0.0000021))).toBe("2.10 µs");
  });

  test("a row of another width than the head is refused, and a bar in a cell does not split it", () => {
    expect(table(["a", "b"], [["1", "x|y"]])).toEqual(["| a | b |", "| --- | --- |", "| 1 | x\\|y |"]);
    expect(() => table(["a", "b"], [["1"]])).toThrow(/1 cells under 2/);
  });

  test("a target is met at its value, and a miss says by how much of what was wanted", () => {
    const target = { what: "x", unit: "", wanted: 2 } as const;
    expect(verdict({ ...target, sense: "at least", measured: 2 })).toBe("met");
    expect(verdict({ ...target, sense: "at least", measured: 1.5 })).toBe("missed by 25.0 %");
    expect(verdict({ ...target, sense: "at most", measured: 3 })).toBe("missed by 50.0 %");
    expect(verdict({ ...target, sense: "at most", measured: Number.NaN })).toBe("not measured");
    expect(targetTable([{ ...target, unit: " s", sense: "at most", measured: 1, note: "of 4" }]).at(-1)).toBe(
      "| x | at most 2 s | 1.00 s (of 4) | met |",
    );
  });

  test("a contender that gives other numbers is marked, and its ratio meets no target", () => {
    const lines = timingTable(rounds, new Map([["a", "case a"]]));
    expect(lines.at(-1)).toContain("**other numbers: 3 of 4 tokens**");
    expect(ratioIn(rounds, "a", "right")).toBe(2);
    expect(ratioIn(rounds, "a", "wrong")).toBeNaN();
    expect(ratioIn(rounds, "a", "nobody")).toBeNaN();
  });

  test("who is absent stands there with the reason on one line", () => {
    expect(aboutLines(rounds)).toContain("Absent: nobody (not installed).");
    expect(aboutLines(rounds)).toContain("Greedy tokens compared with ours: 8, of which 3 differ.");
  });
});

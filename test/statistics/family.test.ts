// @needs nothing

import { describe, expect, test } from "vitest";
import { benjaminiHochberg } from "../../src/statistics/benjamini-hochberg.js";
import type { PValue } from "../../src/statistics/estimate.js";
import { declareFamily, judgeFamily } from "../../src/statistics/family.js";
import { holm } from "../../src/statistics/holm.js";
import { close, reference } from "../support/study-statistics.js";

const { p: ps, holm: byHolm, bh } = reference<{ p: number[]; holm: number[]; bh: number[] }>("multiple");
const value = (p: number): PValue => ({ kind: "value", p });
const number = (each: PValue | null | undefined): number | undefined => (each?.kind === "value" ? each.p : undefined);
const missing: PValue = { kind: "undefined", reason: "importance is constant" };

describe("corrections equal statsmodels", () => {
  test("Holm, and Benjamini and Hochberg, with ties; what is not defined stays so and does not count", () => {
    const family = [...ps.slice(0, 3).map(value), missing, ...ps.slice(3).map(value)];
    for (const [adjust, expected] of [
      [holm, byHolm],
      [benjaminiHochberg, bh],
    ] as const) {
      const adjusted = adjust(family);
      expect(adjusted[3]).toEqual(missing);
      for (const [i, each] of adjusted.filter(({ kind }) => kind === "value").entries())
        close(number(each), expected[i]);
    }
  });
});

describe("judgeFamily()", () => {
  const declared = declareFamily({ name: "attention", question: "?", planned: ["a", "b"], exploratory: ["c", "d"] });

  test("planned ones are corrected among themselves, and all over all that was looked at", () => {
    const judged = judgeFamily(
      declared,
      new Map([
        ["a", value(0.02)],
        ["b", value(0.5)],
        ["c", value(0.001)],
        ["d", missing],
      ]),
    );
    expect(judged.tests).toEqual({ planned: 2, all: 3 });
    const [a, , c, d] = judged.hypotheses;
    expect([number(a?.holmPlanned), number(a?.holm), number(a?.benjaminiHochberg)]).toEqual([
      0.04,
      0.04,
      expect.closeTo(0.03, 12),
    ]);
    expect([c?.role, c?.holmPlanned, number(c?.holm)]).toEqual(["exploratory", null, 0.003]);
    expect(d?.holm).toEqual(missing);
  });

  test("a test that was not declared, a declared one without a result, and a name given twice are refused", () => {
    const results = new Map([
      ["a", value(0.1)],
      ["b", value(0.1)],
      ["c", value(0.1)],
    ] as const);
    expect(() => judgeFamily(declared, results)).toThrow(/"d" has no result/);
    expect(() => judgeFamily<string>(declared, new Map([...results, ["e", value(0.1)]]))).toThrow(
      /"e" in family "attention": it was not declared/,
    );
    expect(() => declareFamily({ name: "x", question: "?", planned: ["a"], exploratory: ["a"] })).toThrow(
      /"a" stands twice/,
    );
    expect(() => declareFamily({ name: "x", question: "?", planned: [], exploratory: [] })).toThrow(/no hypothesis/);
  });
});

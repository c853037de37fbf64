// @needs nothing

import { describe, expect, test } from "vitest";
import { conditionalLogit, type LogitRow } from "../../src/statistics/conditional-logit.js";
import { close, reference } from "../support/study-statistics.js";

interface Case {
  x: number[];
  y: number[];
  positions: number;
  dummies: boolean;
  coefficient: number;
  error: number;
  logLikelihood: number;
  lr: number;
  score: number;
  wald: number;
}

const rowsOf = ({ x, y, positions, dummies }: Pick<Case, "x" | "y" | "positions" | "dummies">): LogitRow[] =>
  x.map((each, i) => ({
    stratum: String(Math.floor(i / positions)),
    event: y[i] === 1,
    x: each,
    ...(dummies ? { position: i % positions } : {}),
  }));

describe("conditionalLogit()", () => {
  test.each(reference<Case[]>("conditionalLogit"))(
    "equals statsmodels: coefficient $coefficient, position held fixed: $dummies",
    (given) => {
      const result = conditionalLogit(rowsOf(given));
      if (result.kind === "undefined") throw new Error(result.reason);
      close(result.coefficient, given.coefficient);
      close(result.standardError, given.error);
      close(result.logLikelihood, given.logLikelihood);
      // 2·(difference of likelihoods) loses digits where the effect is small.
      expect(result.likelihoodRatio.kind === "value" && Math.abs(result.likelihoodRatio.p / given.lr - 1)).toBeLessThan(
        1e-8,
      );
      expect(result.score.kind === "value" && Math.abs(result.score.p / given.score - 1)).toBeLessThan(1e-8);
      expect(result.wald.kind === "value" && Math.abs(result.wald.p / given.wald - 1)).toBeLessThan(1e-8);
      close(Math.log(result.oddsRatio), given.coefficient);
    },
  );

  test("a position without any event drops out, and is said", () => {
    const [given] = reference<Case[]>("conditionalLogit").slice(1);
    if (given === undefined) throw new Error("no case");
    const y = given.y.map((each, i) => (i % given.positions === 3 ? 0 : each));
    const without = rowsOf({ ...given, y }).filter(({ position }) => position !== 3);
    const [all, left] = [conditionalLogit(rowsOf({ ...given, y })), conditionalLogit(without)];
    if (all.kind === "undefined" || left.kind === "undefined") throw new Error("no fit");
    expect(all.droppedPositions).toEqual([3]);
    // Both in their own standard deviation's units.
    close(all.coefficient / all.sd, left.coefficient / left.sd);
  });

  test.each<[string, number[], number[], { reason: RegExp; separated: boolean }]>([
    [
      "attention that always picks the event",
      [1, 2, 3, 1, 2, 3, 1, 5, 2],
      [0, 0, 1, 0, 0, 1, 0, 1, 0],
      { reason: /separated/, separated: true },
    ],
    [
      "attention that never picks wrong but once ties",
      [1, 3, 3, 1, 2, 3, 1, 5, 2],
      [0, 0, 1, 0, 0, 1, 0, 1, 0],
      { reason: /separated/, separated: true },
    ],
    [
      "no event",
      [1, 2, 3, 1, 2, 4, 1, 5, 2],
      new Array(9).fill(0),
      { reason: /no problem has both outcomes/, separated: false },
    ],
    [
      "constant attention",
      new Array(9).fill(0.1),
      [0, 0, 1, 0, 1, 0, 0, 0, 1],
      { reason: /attention is constant/, separated: false },
    ],
    [
      "attention constant in each problem",
      [1, 1, 1, 2, 2, 2, 3, 3, 3],
      [0, 0, 1, 0, 1, 0, 0, 0, 1],
      { reason: /does not vary within a problem/, separated: false },
    ],
  ])("%s: a reason, no odds ratio", (_, x, y, { reason, separated }) => {
    expect(conditionalLogit(rowsOf({ x, y, positions: 3, dummies: false }))).toEqual({
      kind: "undefined",
      reason: expect.stringMatching(reason),
      separated,
    });
  });
});

/** An odds ratio that a few rows all but separate is not printed as a number. */
// @needs build, time

import { describe, expect, test } from "vitest";
import { allFindings, csvFilesOf } from "../../src/analysis/exhibits.js";
import { analyse, loadRun, summarize } from "../../src/analysis/index.js";
import { buildReport } from "../../src/analysis/report/report.js";
import { type MadeRun, madeFolder, madeRecords } from "../support/records.js";

const broken = (problem: number, latent: number): boolean => (problem + latent) % 3 === 0;
const noise = (problem: number, latent: number): number => ((problem * 7 + latent * 5) % 11) / 1000;

describe("odds ratio under separation", () => {
  test.each<[string, MadeRun["attention"], (problem: number, latent: number) => boolean]>([
    ["attention tells broken from kept without exception", (p, k) => (broken(p, k) ? 0.3 : 0.1) + noise(p, k), broken],
    // The fit is finite here, but a standard deviation of attention is that of latent 5, far from the scale of the others.
    [
      "with exceptions, but hardly any on the scale of a standard deviation",
      (p, k) => (k === 5 ? 10 : (broken(p, k) !== ((p * 5 + k) % 7 === 0) ? 0.3 : 0.1) + noise(p, k)),
      (p, k) => k < 5 && broken(p, k),
    ],
  ])("%s: says so", (_, attention, breaks) => {
    const data = loadRun(
      madeFolder(madeRecords({ problems: 24, broken: breaks, ...(attention === undefined ? {} : { attention }) })),
    );
    const analysis = analyse(data);
    expect(analysis.summary.correlations[0]?.oddsRatio).toEqual({
      kind: "undefined",
      reason: "not estimable (separation)",
    });
    expect(buildReport({ ...analysis, figures: [] })).toMatch(/<td[^>]*>not estimable \(separation\)<\/td>/);
    expect(csvFilesOf(allFindings(analysis)).get("correlations.csv")).not.toMatch(/e\+?\d\d/);
  });

  test("what is not separated stays a number", () => {
    const attention = (p: number, k: number): number => 0.1 + noise(p * 3 + k, k + p);
    const summary = summarize(loadRun(madeFolder(madeRecords({ problems: 24, broken, attention }))));
    expect(summary.correlations[0]?.oddsRatio.kind).toBe("value");
  });
});

/** Ends of BCa intervals that the usual draws hardly reach, against SciPy's with 200,000 (`test/fixtures/make/bca_ends.py`). */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clusteredBootstrap, DRAWS, MORE_DRAWS, ofMean } from "../../src/statistics/clustered-bootstrap.js";

interface Case {
  readonly name: string;
  readonly data: number[];
  readonly low: number;
  readonly high: number;
  readonly low_sd: number;
  readonly high_sd: number;
}

const { cases, resamples } = JSON.parse(readFileSync("test/fixtures/bca-ends.json", "utf8")) as {
  cases: Case[];
  resamples: number;
};

describe("BCa ends against SciPy", () => {
  test.each(cases)("$name", ({ data, low, high, low_sd, high_sd }) => {
    for (let seed = 1; seed <= 6; seed++) {
      const ours = clusteredBootstrap(data.length, ofMean(data), { seed });
      if (ours.kind !== "value") throw new Error(ours.reason);
      expect(ours.method).toBe("bca");
      // Five standard errors of as many draws as were taken; their spread was measured with more.
      const factor = 5 * Math.sqrt(resamples / ours.draws);
      expect(Math.abs(ours.low - low)).toBeLessThan(factor * low_sd);
      expect(Math.abs(ours.high - high)).toBeLessThan(factor * high_sd);
    }
  });

  test("only where an end needs them are more drawn", () => {
    const drawsOf = (name: string): number => {
      const data = cases.find((each) => each.name === name)?.data ?? [];
      const found = clusteredBootstrap(data.length, ofMean(data), { seed: 1 });
      return found.kind === "value" ? found.draws : 0;
    };
    expect(drawsOf("normal")).toBe(DRAWS);
    expect(drawsOf("heavy right tail")).toBe(MORE_DRAWS * DRAWS);
  });

  test("an end that the many do not reach either is not given: the percentile interval is", () => {
    // One problem carries it all: BCa asks for a quantile with less than one draw in 40,000 beyond it.
    const data = Array.from({ length: 24 }, (_, i) => (i === 0 ? 1e6 : i));
    const found = clusteredBootstrap(data.length, ofMean(data), { seed: 1, level: 0.999 });
    expect(found).toMatchObject({ method: "percentile", draws: MORE_DRAWS * DRAWS });
  });
});

// @needs nothing

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrapValues, clusteredBootstrap, ofMean, ofSums } from "../../src/statistics/clustered-bootstrap.js";
import { clusteredCorrelation, correlationStatistic } from "../../src/statistics/clustered-correlation.js";
import { type ClusteredRows, clusteredRows } from "../../src/statistics/clustered-rows.js";
import { correlationInterval, testedCorrelation } from "../../src/statistics/correlation-interval.js";
import { eachBlockOfDraws, eachBlockOfOrders, eachDraw } from "../../src/statistics/draws.js";
import { exchangeable, sumsOfAll, sumsOfDrawn, type Unit } from "../../src/statistics/exchanged-sums.js";
import { quantile, quantileOf, ranked } from "../../src/statistics/order-statistics.js";
import { permutationInterval, permutationTest } from "../../src/statistics/permutation.js";
import { withError } from "../../src/statistics/studentized-bootstrap.js";
import { plainDraws, plainOrders, plainTotal, plainUnits, plainWithError } from "../support/plain-statistics.js";

// Everything is compared bit by bit: summing in another order would show in the last digits.
const wide = fc
  .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.integer({ min: -12, max: 12 }))
  .map(([x, power]) => x * 10 ** power);
const seed = fc.integer({ min: 0, max: 1000 });

describe("draws", () => {
  test("are those of one stream, in whatever blocks they come and however many are asked for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 40 }),
        seed,
        fc.shuffledSubarray([7, 300, 1100], { minLength: 3 }),
        (n, seed, asked) => {
          for (const draws of asked) {
            const found: number[][] = [];
            eachDraw(n, { draws, seed }, (counts) => found.push([...counts]));
            expect(found).toEqual(plainDraws(n, { draws, seed }));
          }
          const later: number[] = [];
          eachBlockOfDraws(n, { draws: 1100, seed, from: 300 }, (counts) => later.push(...counts));
          expect(later).toEqual(plainDraws(n, { draws: 1100, seed }).slice(300).flat());
        },
      ),
      { numRuns: 10 },
    );
  });

  test("too many to be kept are the same ones", () => {
    // 9,000 draws of 4,000 clusters are more numbers than are kept, 20 draws are not.
    const few = plainDraws(4000, { draws: 20, seed: 3 });
    let seen = 0;
    eachBlockOfDraws(4000, { draws: 9000, seed: 3, from: 8 }, (counts, many) => {
      for (let i = 0; i < many && 8 + seen + i < 20; i++)
        expect(counts.subarray(4000 * i, 4000 * (i + 1))).toEqual(Uint16Array.from(few[8 + seen + i] ?? []));
      seen += many;
    });
    expect(seen).toBe(9000 - 8);
  });

  test("orders begin in place for one block, and go on from the last for several", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, seed, (sizes, seed) => {
        const size = sizes.reduce((sum, each) => sum + each, 0);
        fc.pre(size > 0);
        const found: number[][] = [];
        eachBlockOfOrders(sizes, { times: 600, seed }, (orders, many) => {
          for (let i = 0; i < many; i++) found.push([...orders.subarray(i * size, (i + 1) * size)]);
        });
        expect(found).toEqual(plainOrders(sizes, { times: 600, seed }));
      }),
      { numRuns: 20 },
    );
  });
});

describe("bootstrap", () => {
  const table = fc
    .record({ clusters: fc.integer({ min: 3, max: 30 }), width: fc.integer({ min: 1, max: 5 }) })
    .chain(({ clusters, width }) =>
      fc.record({
        clusters: fc.constant(clusters),
        width: fc.constant(width),
        // A column of the same whole number is not added up, but multiplied.
        sums: fc.array(fc.oneof(wide, fc.constantFrom(0, 1, -0)), {
          minLength: clusters * width,
          maxLength: clusters * width,
        }),
        alike: fc.constantFrom(null, 0, -0, 1, -3, 0.1),
      }),
    )
    .map(({ clusters, width, sums, alike }) => ({
      clusters,
      width,
      sums: Float64Array.from(sums, (each, at) => (alike !== null && at % width === 0 ? alike : each)),
    }));

  test("totals of many draws at once are those of each draw", () => {
    fc.assert(
      fc.property(table, seed, ({ clusters, width, sums }, seed) => {
        const value = (total: Float64Array): number | null => {
          const last = total[width - 1] ?? 0;
          return last > 0 ? (total[0] ?? 0) / last : null;
        };
        const expected = plainDraws(clusters, { draws: 999, seed })
          .map((counts) => value(plainTotal(sums, width, counts)))
          .filter((each) => each !== null);
        const found = bootstrapValues(clusters, ofSums(sums, width, value), { draws: 999, seed });
        expect(found).toEqual(Float64Array.from(expected).sort());
      }),
      { numRuns: 60 },
    );
  });

  test("an interval of sums is that of the same statistic draw by draw", () => {
    const values = fc.array(wide, { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(values, seed, (values, seed) => {
        const fast = ofMean(values);
        // A function without sums behind it takes every draw on its own.
        const slow = (counts: Uint16Array): number | null => fast(counts);
        const options = { seed, draws: 500 };
        expect(clusteredBootstrap(values.length, fast, options)).toEqual(
          clusteredBootstrap(values.length, slow, options),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("value and error of a draw are those of sums one after another", () => {
    fc.assert(
      fc.property(
        rowsOf(24),
        fc.constantFrom("pooled", "within-position", "two-way", "within-problem"),
        (rows, centring) => {
          const { smooth } = correlationStatistic(rows, centring);
          const found = withError(rows.problems, smooth, true);
          for (const counts of plainDraws(rows.problems, { draws: 20, seed: 1 }))
            expect(found(Uint16Array.from(counts))).toEqual(plainWithError(smooth, counts));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("permutations", () => {
  const unit = (width: number): fc.Arbitrary<Unit> =>
    fc.array(fc.tuple(wide, fc.oneof(wide, fc.constantFrom(0, 1))), { minLength: 1, maxLength: 12 }).map((pairs) => {
      const kept = pairs.slice(0, pairs.length - (pairs.length % width) || width);
      return {
        x: Array.from({ length: Math.max(width, kept.length) }, (_, i) => kept[i]?.[0] ?? 0.5),
        y: Array.from({ length: Math.max(width, kept.length) }, (_, i) => kept[i]?.[1] ?? 1),
        width,
      };
    });
  const units = fc.oneof(
    unit(3).map((each) => [each]),
    fc.array(unit(1), { minLength: 1, maxLength: 4 }),
  );

  test("sums of many orders at once are those of each order", () => {
    fc.assert(
      fc.property(units, seed, (units, seed) => {
        const sizes = units.map(({ x, width }) => x.length / width);
        const expected = plainOrders(sizes, { times: 30, seed }).map((order) => plainUnits(units, order));
        expect(sumsOfDrawn(exchangeable(units), { times: 30, seed })).toEqual(Float64Array.from(expected));
      }),
    );
  });

  test("every combination of orders is run through once", () => {
    // Powers of two: each assignment has a sum of its own.
    const few: Unit[] = [
      { x: [1, 2, 4], y: [1, 8, 64], width: 1 },
      { x: [1, 2, 4], y: [512, 4096, 32_768], width: 1 },
    ];
    const sums = sumsOfAll(exchangeable(few));
    expect(sums.length).toBe(36);
    expect(new Set(sums).size).toBe(36);
  });

  test("test and interval together are those on their own", () => {
    fc.assert(
      fc.property(rowsOf(20), seed, (rows, seed) => {
        const options = { seed, draws: 200, permutations: 199 };
        for (const [centring, exchange] of [
          ["within-position", "whole-problems"],
          ["two-way", "whole-problems"],
          ["within-problem", "positions-within-problem"],
        ] as const) {
          const twoWay = centring === "two-way";
          const both = testedCorrelation(rows, centring, options);
          expect(both.test()).toEqual(permutationTest(rows, exchange, { ...options, twoWay }));
          const [interval, alone] = [both.interval(), clusteredCorrelation(rows, centring, options)];
          expect(interval).toEqual(correlationInterval(rows, centring, options));
          const outer = permutationInterval(rows, { ...options, exchange, twoWay });
          if (interval.kind === "value" && alone.kind === "value" && outer.kind === "value")
            expect([interval.low, interval.high]).toEqual([
              Math.min(alone.low, outer.low ?? 0),
              Math.max(alone.high, outer.high ?? 0),
            ]);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("ranked()", () => {
  const lists = fc.oneof(
    fc.array(wide, { maxLength: 3000, minLength: 250, size: "max" }),
    fc.array(fc.constantFrom(0, 1, 2, 2.5), { maxLength: 600, minLength: 250, size: "max" }),
    fc.array(fc.oneof(wide, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)), { maxLength: 600, size: "max" }),
    fc.array(fc.constant(-2), { maxLength: 600, minLength: 1, size: "max" }),
    // Neighbours in the last digits, one far out: all but one fall into one bucket.
    fc
      .array(fc.integer({ min: 0, max: 40 }), { minLength: 300, maxLength: 600, size: "max" })
      .map((list) => [1e9, ...list.map((each) => 1 + each * Number.EPSILON)]),
  );

  test("gives the places, counts and quantiles of the sorted values", () => {
    fc.assert(
      fc.property(lists, fc.double({ min: 0, max: 1, noNaN: true }), (list, q) => {
        const values = Float64Array.from(list);
        const sorted = values.slice().sort();
        const found = ranked(values);
        for (const place of [0, 1, values.length >> 1, values.length - 1]) expect(found.at(place)).toBe(sorted[place]);
        for (const each of [0, 0.025, q, 0.975, 1]) expect(quantileOf(found, each)).toBe(quantile(sorted, each));
        if (values.some(Number.isNaN)) return;
        for (const bar of [...values.subarray(0, 9), q, -1e13, 1e13, Number.NaN])
          expect(found.upTo(bar)).toBe(values.filter((each) => each <= bar).length);
        if (values.length > 0) expect([found.least, found.most]).toEqual([sorted[0], sorted.at(-1)]);
        expect(values).toEqual(Float64Array.from(list));
      }),
      { numRuns: 60 },
    );
  });
});

/** Some problems with up to four positions; the outcome is 0 or 1. */
function rowsOf(most: number): fc.Arbitrary<ClusteredRows> {
  const row = fc.record({ x: wide, y: fc.constantFrom(0, 1) });
  return fc
    .array(fc.array(row, { minLength: 2, maxLength: 4 }), { minLength: 5, maxLength: most })
    .map((problems) =>
      clusteredRows(
        problems.flatMap((rows, p) => rows.map(({ x, y }, position) => ({ problem: `p${p}`, position, x, y }))),
      ),
    );
}

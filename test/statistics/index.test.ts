/** `codilens/statistics` has every statistic that docs/statistics.md says when to use, and its example says what it gives. */
// @needs nothing

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wilson } from "../../src/statistics.js";

const page = readFileSync("docs/statistics.md", "utf8");
const index = readFileSync("src/statistics.ts", "utf8");

test("each file of the table of statistics is exported", () => {
  const [, table = ""] = /## When to use which\n([\s\S]*?)\n\n(?!\|)[A-Z]/.exec(page) ?? [];
  const files = [...table.matchAll(/\|([^|\n]*)\|\n/g)].flatMap(([, last = ""]) =>
    [...last.matchAll(/`([a-z-]+)`/g)].map(([, file = ""]) => file),
  );
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => !index.includes(`"./statistics/${file}.js"`))).toEqual([]);
});

test("the package's entry is this file's, and the example's interval is Wilson's", () => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
    exports: Record<string, { default: string }>;
  };
  expect(exports["./statistics"]?.default).toBe("./dist/statistics.js");
  const [, low, high] = /low: ([\d.]+), high: ([\d.]+), n: 100/.exec(page) ?? [];
  // By hand: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n) with p = 0.3, n = 100, z = 1.959964.
  const [p, n, z2] = [0.3, 100, 1.959964 ** 2];
  const half = Math.sqrt(z2) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const ends = [-half, half].map((each) => (p + z2 / (2 * n) + each) / (1 + z2 / n));
  expect([low, high]).toEqual(ends.map((each) => each.toFixed(3)));
  expect(wilson(30, 100)).toMatchObject({
    value: 0.3,
    low: expect.closeTo(ends[0] ?? 0, 6),
    high: expect.closeTo(ends[1] ?? 0, 6),
  });
});

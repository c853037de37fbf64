/** Readings of step rates are kept for later runs; a disturbed one does not hold, and a damaged or missing file costs a reading and nothing else. */
// @needs nothing

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  isWorthReading,
  keepFactor,
  keepReading,
  pathOf,
  type RateSubject,
  readRates,
} from "../../src/experiments/plan/rate-cache.js";
import { smallShape } from "../support/shapes.js";
import { temporaryFolder } from "../support/temporary.js";

const config = smallShape(2);
const subject: RateSubject = {
  config,
  engine: { name: "native", version: "1", device: "cpu", route: "r" },
  threads: 2,
};
const steps = [
  { rows: 1, forwardMs: 2, headMs: 0.5 },
  { rows: 8, forwardMs: 3, headMs: 1 },
];
const others = [{ rows: 1, forwardMs: 9, headMs: 9 }];
const root = (): string => join(temporaryFolder("codilens-rates-"), "not", "there", "yet");

test("what is kept is read again, and the fastest of some readings holds", () => {
  const cache = root();
  expect(readRates(subject, cache)).toBeNull();
  const kept = keepReading(subject, others, cache);
  expect(readRates(subject, cache)).toEqual(kept);
  expect(kept).toMatchObject({ steps: others, readings: 1, path: pathOf(subject, cache) });
  expect(keepReading(subject, steps, cache).steps).toEqual(steps);
  // A reading of a disturbed minute changes nothing, whether it comes before the others or after them.
  expect(keepReading(subject, [{ rows: 1, forwardMs: 100, headMs: 0.4 }], cache)).toMatchObject({
    steps: [{ rows: 1, forwardMs: 2, headMs: 0.4 }, ...steps.slice(1)],
    readings: 3,
  });
  for (let more = 0; more < 5; more++) keepReading(subject, others, cache);
  expect(readRates(subject, cache)).toMatchObject({ steps: others, readings: 5 });
});

test("readings are taken until there are some, and again when the last is old", () => {
  const cache = root();
  expect(isWorthReading(null)).toBe(true);
  for (let more = 0; more < 2; more++) expect(isWorthReading(keepReading(subject, steps, cache))).toBe(true);
  const third = keepReading(subject, steps, cache);
  expect([0, 29, 32].map((days) => isWorthReading(third, Date.now() + days * 86_400_000))).toEqual([
    false,
    false,
    true,
  ]);
});

test("of the last runs beside their rates the median counts, and nothing is noted without rates", () => {
  const cache = root();
  keepFactor(subject, 2, cache);
  expect(readRates(subject, cache)).toBeNull();
  keepReading(subject, steps, cache);
  expect(readRates(subject, cache)).toMatchObject({ steps, factor: null });
  for (const factor of [1.5, Number.NaN, 0, Number.POSITIVE_INFINITY, 40, 1.2]) keepFactor(subject, factor, cache);
  expect(readRates(subject, cache)).toMatchObject({ steps, factor: 1.5 });
  for (let more = 0; more < 5; more++) keepFactor(subject, 3, cache);
  expect(readRates(subject, cache)?.factor).toBe(3);
});

test("another shape, engine or number of threads has rates of its own", () => {
  const cache = root();
  keepReading(subject, steps, cache);
  for (const other of [
    { ...subject, config: { ...config, dMlp: 32 } },
    { ...subject, engine: { ...subject.engine, version: "2" } },
    { ...subject, threads: 1 },
  ])
    expect(readRates(other, cache)).toBeNull();
});

describe("a file that is not as it was written", () => {
  const good = (): { cache: string; path: string; text: string } => {
    const cache = root();
    const { path } = keepReading(subject, steps, cache);
    return { cache, path, text: readFileSync(path, "utf8") };
  };
  test.each<[string, (text: string) => string]>([
    ["empty", () => ""],
    ["torn", (text) => text.slice(0, text.length / 2)],
    ["of another version", (text) => text.replace('"schema": 3', '"schema": 2')],
    ["without steps", (text) => text.replace(/"steps": \[.*\]/s, '"steps": []')],
    ["with a negative time", (text) => text.replace('"forwardMs": 2', '"forwardMs": -2')],
    ["with rows out of order", (text) => text.replace('"rows": 8', '"rows": 1')],
    ["binary", () => "\0\u0001"],
  ])("%s counts as none, and is replaced", (_, damage) => {
    const { cache, path, text } = good();
    expect(damage(text)).not.toBe(text);
    writeFileSync(path, damage(text));
    expect(readRates(subject, cache)).toBeNull();
    expect(keepReading(subject, others, cache)).toMatchObject({ steps: others, path });
    expect(readRates(subject, cache)?.steps).toEqual(others);
  });

  test("a folder in its place, or a cache that cannot be written, keeps nothing and fails nothing", () => {
    const { cache } = good();
    const other = { ...subject, threads: 7 };
    mkdirSync(pathOf(other, cache));
    expect(readRates(other, cache)).toBeNull();
    expect(keepReading(other, others, cache)).toMatchObject({ steps: others, path: "" });
    const file = join(dirname(cache), "file");
    writeFileSync(file, "");
    expect(keepReading(subject, others, join(file, "below"))).toMatchObject({ steps: others, path: "" });
  });
});

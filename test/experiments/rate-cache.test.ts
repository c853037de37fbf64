/** Rates are kept for later runs, and a damaged or missing file costs a measurement and nothing else. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { keepFactor, keepRates, pathOf, type RateSubject, readRates } from "../../src/experiments/rate-cache.js";
import type { LlamaConfig } from "../../src/model/llama/config.js";
import { temporaryFolder } from "../support/temporary.js";

const config = { layers: 2, dModel: 8, dMlp: 16, heads: 2, kvHeads: 1, dHead: 4, vocabSize: 32 } as LlamaConfig;
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

test("what is kept is read again, and the first to keep it holds", () => {
  const cache = root();
  expect(readRates(subject, cache)).toBeNull();
  const kept = keepRates(subject, steps, cache);
  expect(readRates(subject, cache)).toEqual(kept);
  expect(kept).toMatchObject({ steps, path: pathOf(subject, cache) });
  expect(keepRates(subject, others, cache).steps).toEqual(steps);
});

test("how the latest run went is noted beside the rates, and nowhere without them", () => {
  const cache = root();
  keepFactor(subject, 2, cache);
  expect(readRates(subject, cache)).toBeNull();
  keepRates(subject, steps, cache);
  expect(readRates(subject, cache)).toMatchObject({ steps, factor: null });
  for (const factor of [1.5, Number.NaN, 0, Number.POSITIVE_INFINITY]) keepFactor(subject, factor, cache);
  expect(readRates(subject, cache)).toMatchObject({ steps, factor: 1.5 });
});

test("another shape, engine or number of threads has rates of its own", () => {
  const cache = root();
  keepRates(subject, steps, cache);
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
    const { path } = keepRates(subject, steps, cache);
    return { cache, path, text: readFileSync(path, "utf8") };
  };
  test.each<[string, (text: string) => string]>([
    ["empty", () => ""],
    ["torn", (text) => text.slice(0, text.length / 2)],
    ["of another version", (text) => text.replace('"schema": 2', '"schema": 3')],
    ["without steps", (text) => text.replace(/"steps": \[.*\]/s, '"steps": []')],
    ["with a negative time", (text) => text.replace('"forwardMs": 2', '"forwardMs": -2')],
    ["with rows out of order", (text) => text.replace('"rows": 8', '"rows": 1')],
    ["binary", () => "\0\u0001"],
  ])("%s counts as none, and is replaced", (_, damage) => {
    const { cache, path, text } = good();
    expect(damage(text)).not.toBe(text);
    writeFileSync(path, damage(text));
    expect(readRates(subject, cache)).toBeNull();
    expect(keepRates(subject, others, cache)).toMatchObject({ steps: others, path });
    expect(readRates(subject, cache)?.steps).toEqual(others);
  });

  test("a folder in its place, or a cache that cannot be written, keeps nothing and fails nothing", () => {
    const { cache } = good();
    const other = { ...subject, threads: 7 };
    mkdirSync(pathOf(other, cache));
    expect(readRates(other, cache)).toBeNull();
    expect(keepRates(other, others, cache)).toMatchObject({ steps: others, path: "" });
    const file = join(dirname(cache), "file");
    writeFileSync(file, "");
    expect(keepRates(subject, others, join(file, "below"))).toMatchObject({ steps: others, path: "" });
  });
});

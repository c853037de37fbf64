/** Short runs of the fuzzer, without Python: against stored verdicts, and over every case that once broke a demand. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Corpus, expectedOfCorpus, hashOf } from "./corpus.js";
import { Table } from "./report.js";
import { judge } from "./safetensors.js";
import { REASONS } from "./safetensors-classes.js";
import { safetensorsCase } from "./safetensors-mutate.js";

const fixtures = new URL("../fixtures/fuzz/", import.meta.url);

/** Kept cases of a part: name and bytes. */
function kept(part: string): [string, Uint8Array][] {
  const folder = new URL(`${part}/`, fixtures);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]);
}

describe("the safetensors reader", () => {
  test("gives the reference's verdict on thousands of mutants, or is stricter for a reason in the table", async () => {
    const corpus = JSON.parse(readFileSync(new URL("safetensors.json", fixtures), "utf8")) as Corpus;
    const files = Array.from({ length: corpus.cases }, (_, index) => safetensorsCase(corpus.seed, index));
    expect(hashOf(files), "the mutator changed: run test/fixtures/make/fuzz.ts").toBe(corpus.files);
    const expected = expectedOfCorpus(corpus);
    const table = new Table();
    const found: string[] = [];
    for (const [i, bytes] of files.entries()) {
      const what = await judge(bytes, expected[i] ?? null, table);
      if (what !== null) found.push(`case ${i}: ${what}`);
    }
    expect(found).toEqual([]);
    expect(table.cases).toBe(corpus.cases);
    // Each class is met, else its line in the table says nothing.
    expect([...table.differences.keys()].sort()).toEqual([...REASONS.keys()].sort());
  });

  test.each(kept("safetensors"))("keeps its verdict on %s", async (name, bytes) => {
    expect(await judge(bytes, name.startsWith("reference-ok") ? "" : null, new Table())).toBeNull();
  });
});

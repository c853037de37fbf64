/** Short runs of the fuzzer, without Python: against stored verdicts, and over every case that once broke a demand. */
// @needs engine, process, time

import * as childProcess from "node:child_process";
import * as fs from "node:fs";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Expected, judgeConfig, keptCase, needsReference, type Ours, readOurs } from "./config.js";
import { type ConfigCorpus, storedVerdict } from "./config-corpus.js";
import { configCase } from "./config-mutate.js";
import { type Corpus, expectedOfCorpus, hashOf } from "./corpus.js";
import { CANARY, pickleCase } from "./pickle-mutate.js";
import { Table } from "./report.js";
import { judge } from "./safetensors.js";
import { REASONS } from "./safetensors-classes.js";
import { safetensorsCase } from "./safetensors-mutate.js";
import { judgeTorch, MOST_GROWTH_MIB, type TorchVerdict } from "./torch-bin.js";
import { watched } from "./watch.js";
import { zipCase } from "./zip-mutate.js";

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

const PARTS = [
  ["pickle", pickleCase],
  ["zip", zipCase],
] as const;

/** Stored verdicts tell a state dict from something else by a digest that is not zero. */
function torchVerdictOf(digest: Expected4): TorchVerdict {
  if (digest === null) return { kind: null, digest: "", features: null };
  return { kind: /^0+$/.test(digest) ? "o" : "w", digest, features: null };
}
type Expected4 = string | null;

describe.each(PARTS)("the reader of PyTorch files under mutants of the %s", (part, caseOf) => {
  test("gives torch.load's verdict and tensors or is stricter for a reason in the table, and touches nothing", async () => {
    const corpus = JSON.parse(readFileSync(new URL(`${part}.json`, fixtures), "utf8")) as Corpus;
    const files = Array.from({ length: corpus.cases }, (_, index) => caseOf(corpus.seed, index));
    expect(hashOf(files), "the mutator changed: run test/fixtures/make/fuzz.ts").toBe(corpus.files);
    const expected = expectedOfCorpus(corpus);
    const table = new Table();
    const found: string[] = [];
    const before = process.memoryUsage().rss;
    for (const [i, bytes] of files.entries()) {
      const what = await judgeTorch(bytes, torchVerdictOf(expected[i] ?? null), table);
      if (what !== null) found.push(`case ${i}: ${what}`);
    }
    expect(found).toEqual([]);
    expect(table.cases).toBe(corpus.cases);
    expect(table.verdicts.get("both accept")).toBeGreaterThan(corpus.cases / 20);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(MOST_GROWTH_MIB);
    expect(existsSync(CANARY)).toBe(false);
  });

  const cases = kept(part);
  test.each(cases)("keeps its verdict on %s", async (name, bytes) => {
    const [, kind = "refused"] = /^reference-([a-z]+)-/.exec(name) ?? [];
    const verdict = torchVerdictOf(kind === "refused" ? null : kind === "o" ? "0" : "");
    expect(await judgeTorch(bytes, verdict, new Table())).toBeNull();
  });
});

describe("the look over the reader's shoulder", () => {
  test("sees files read, processes started and text run, through imports too", async () => {
    const { touched } = await watched(async () => {
      fs.readFileSync("package.json");
      readFileSync("package.json");
      await fs.promises.readFile("package.json");
      childProcess.spawnSync("true");
      // biome-ignore lint/security/noGlobalEval: it is what must be seen
      globalThis.eval("1");
    });
    const names = touched.map((each) => each.replace(/\(.*/s, ""));
    expect(names.filter((name) => name === "fs.readFileSync").length).toBeGreaterThanOrEqual(2);
    expect(names).toEqual(expect.arrayContaining(["fs/promises.readFile", "child_process.spawnSync", "global.eval"]));
  });
});

describe("the JSON files of a checkpoint", () => {
  test("changed in any way are refused in one line, or give what the reference computes from them", async () => {
    const corpus = JSON.parse(readFileSync(new URL("config.json", fixtures), "utf8")) as ConfigCorpus;
    const cases = Array.from({ length: corpus.cases }, (_, index) => configCase(corpus.seed, index));
    expect(hashOf(cases.map(({ bytes }) => bytes)), "the mutator changed: run test/fixtures/make/fuzz.ts").toBe(
      corpus.files,
    );
    const table = new Table();
    const found: string[] = [];
    for (const [i, each] of cases.entries()) {
      const ours: Ours = await readOurs(each);
      const expected: Expected = storedVerdict(corpus, i);
      const isNew = needsReference(each, ours) && expected === undefined;
      const what = isNew ? "accepted now, and no verdict is stored" : await judgeConfig(each, ours, expected, table);
      if (what !== null) found.push(`case ${i}: ${what}`);
    }
    expect(found).toEqual([]);
    const counted = (end: string): number =>
      [...table.verdicts].reduce((sum, [name, n]) => (name.endsWith(end) ? sum + n : sum), 0);
    expect(counted(": refused")).toBeGreaterThan(corpus.cases / 5);
    expect(counted("other than unchanged")).toBeGreaterThan(20);
  });

  // Each once gave a number that neither the reference nor the unchanged checkpoint gives, or a refusal that was none.
  test.each(kept("config"))("are refused in %s", async (_, bytes) => {
    const each = keptCase(bytes);
    const ours = await readOurs(each);
    expect(ours.error, "accepted").not.toBeNull();
    expect(await judgeConfig(each, ours, undefined, new Table())).toBeNull();
  });
});

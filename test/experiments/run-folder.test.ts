// @needs nothing

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EnvironmentError, RunFolderError } from "../../src/base/errors.js";
import type { Fingerprint } from "../../src/records/fingerprint.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { readRecords } from "../../src/records/record-line.js";
import { probeFolder, RunStore } from "../../src/records/store.js";
import { madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";

const records = madeRecords({ problems: 2 });
const open = (dir: string, fresh: boolean): RunStore =>
  RunStore.open({ dir, fingerprint: {} as Fingerprint, takeOver: false, fresh, notice: () => undefined });
/** A run folder whose manifest has all that a resumed run reads. */
function runFolder(of: readonly ExperimentRecord[]): string {
  const dir = madeFolder(of);
  const path = join(dir, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...manifest, data: { file: "f", problems: 2, skipped: [], shortfall: [] } }));
  return dir;
}

const folder = (): string => temporaryFolder("codilens-folder-");

describe("opening a folder afresh", () => {
  test("deletes an earlier run's files and no others", () => {
    const dir = runFolder(records);
    mkdirSync(join(dir, "figures"));
    for (const name of ["figures/1.svg", "notes.txt", "token_ablation_results_100.json", "report.html"])
      writeFileSync(join(dir, name), "");
    const store = open(dir, true);
    store.close();
    expect(store.records).toEqual([]);
    expect(readdirSync(dir).sort()).toEqual(["notes.txt", "records.jsonl"]);
  });

  test("a folder that is no run's keeps all it holds", () => {
    for (const manifest of [null, "{}", "not JSON"]) {
      const dir = folder();
      mkdirSync(join(dir, "figures"));
      writeFileSync(join(dir, "figures", "thesis.svg"), "precious");
      if (manifest !== null) writeFileSync(join(dir, "manifest.json"), manifest);
      expect(() => open(dir, true)).toThrow(RunFolderError);
      expect(readFileSync(join(dir, "figures", "thesis.svg"), "utf8")).toBe("precious");
    }
  });

  test("a living run's folder is refused and keeps its records", () => {
    const dir = runFolder(records);
    const living = open(dir, false);
    expect(() => open(dir, true)).toThrow(/is in use by process/);
    living.close();
    expect(readRecords(readFileSync(join(dir, "records.jsonl")), "r").records).toEqual(records);
  });
});

describe("a run folder", () => {
  test("loses what a killed run left half written, and keeps others' files that end in .tmp", () => {
    const dir = runFolder(records);
    for (const name of ["draft.tmp", "summary.json.4194304.tmp", `summary.json.${process.ppid}.tmp`])
      writeFileSync(join(dir, name), "");
    open(dir, false).close();
    expect(readdirSync(dir).filter((name) => name.endsWith(".tmp"))).toEqual([
      "draft.tmp",
      `summary.json.${process.ppid}.tmp`,
    ]);
  });

  test("without room for what the run writes is refused before it, with both numbers", () => {
    const dir = folder();
    probeFolder(dir, 1000);
    expect(() => probeFolder(dir, 1e18)).toThrow(/has [\d.]+ MB free, the run writes about 1000000000000\.0 MB/);
    expect(() => probeFolder(dir, 1e18)).toThrow(EnvironmentError);
    expect(readdirSync(dir)).toEqual([]);
  });

  test("of a newer version says which version it needs", () => {
    const dir = runFolder(records);
    writeFileSync(join(dir, "manifest.json"), JSON.stringify({ schema: 2 }));
    expect(() => open(dir, false)).toThrow(/manifest schema 2, this version reads 1/);
  });

  test("whose records are a folder is an error of the environment, and stays unlocked", () => {
    const dir = runFolder([]);
    rmSync(join(dir, "records.jsonl"));
    mkdirSync(join(dir, "records.jsonl"));
    expect(() => open(dir, false)).toThrow(expect.objectContaining({ exitCode: 5 }));
    expect(existsSync(join(dir, "lock"))).toBe(false);
  });
});

describe("readRecords()", () => {
  // An answer may hold any character that the tokenizer can make, U+FFFD among them.
  const odd = records.slice(0, 2).map((record, i) => ({
    ...record,
    problem: { ...record.problem, question: i === 0 ? "ünï \uFFFD 😀 \u2028" : "" },
  }));
  const whole = readFileSync(join(madeFolder(odd), "records.jsonl"));

  test("finds one changed byte at every position of a file", () => {
    for (let at = 0; at < whole.length - 1; at++) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(() => readRecords(changed, "r")).toThrow(/r, line [12] is damaged/);
      }
    }
  });

  test("finds a byte too many and one too few at every position", () => {
    const first = whole.indexOf(0x0a);
    for (let at = 0; at < whole.length - 1; at++) {
      const more = Buffer.concat([whole.subarray(0, at), Buffer.from("7"), whole.subarray(at)]);
      const fewer = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
      for (const changed of [more, fewer]) expect(() => readRecords(changed, "r")).toThrow(/r, line [12] is damaged/);
    }
    const marked = Buffer.concat([Buffer.from("\uFEFF"), whole]);
    expect(() => readRecords(marked, "r")).toThrow(/line 1/);
    expect(readRecords(whole.subarray(0, first), "r")).toMatchObject({ records: [], torn: true, wholeBytes: 0 });
  });
});

/** Shards' folders put together, on records made by hand: what is one run, and what is refused by name. */
// @needs engine

import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CodiLensError } from "../../../src/base/errors.js";
import { type MergeOptions, type MergeOutcome, merge } from "../../../src/experiments/shards/merge.js";
import type { ExperimentRecord } from "../../../src/records/record.js";
import { recordLine } from "../../../src/records/record-line.js";
import { type Shard, shardFolder } from "../../../src/records/shard.js";
import { RunStore } from "../../../src/records/store.js";
import { madeRecords } from "../../support/records.js";
import { temporaryFolder } from "../../support/temporary.js";

const PROBLEMS = 6;
const COUNT = 3;
const records = madeRecords({ problems: PROBLEMS });
const whole = records.map(recordLine).join("");
const conditions = records.slice(0, 7).map(({ study, condition }) => [study, condition.name]);

/** Every third record is a shard's: each has some of every problem. */
const ofShard = (index: number): ExperimentRecord[] => records.filter((_, place) => place % COUNT === index);

interface Made {
  readonly records?: readonly ExperimentRecord[];
  readonly name?: string;
  readonly status?: string;
  readonly fingerprint?: object;
  readonly settings?: object;
  readonly stamp?: object;
}

function writeShard(dir: string, { index, count }: Shard, made: Made = {}): void {
  const mine = made.records ?? ofShard(index);
  const folder = join(dir, made.name ?? shardFolder({ index, count }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "records.jsonl"), mine.map(recordLine).join(""));
  const manifest = {
    schema: 1,
    status: made.status ?? "complete",
    fingerprint: {
      problems: Array.from({ length: PROBLEMS }, (_, problem) => `p${problem}`),
      studies: ["attention", "token-ablation"],
      seed: 42,
      ...made.fingerprint,
    },
    model: { name: "made", protocol: "codi", layers: 16, latents: 6 },
    data: { file: "f", problems: PROBLEMS, skipped: [], shortfall: [] },
    settings: {
      ...{ layers: [4], ablateLayer: 8, seed: 42, testMode: false, maxNewTokens: 64 },
      ...{ rowsPerBatch: 256, threads: 1 },
      ...made.settings,
    },
    shard: { index, count, records: ofShard(index).length, conditions, model: "/no/model", studyFiles: [] },
    stamp: {
      ...{ command: "codilens experiment --out o", version: "0.1.0", node: "20.0.0", platform: "linux-x64" },
      ...{ processor: "A", engine: { name: "native", version: "2", device: "cpu", route: "cache" } },
      ...{ startedAt: `2026-01-0${index + 1}`, seconds: 10 * (index + 1), peakMemoryBytes: 100 * (index + 1) },
      ...made.stamp,
    },
  };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
}

function runOf(made: Readonly<Record<number, Made | null>> = {}): string {
  const dir = temporaryFolder("codilens-merge-");
  for (let index = 0; index < COUNT; index++) {
    const mine = made[index];
    if (mine !== null) writeShard(dir, { index, count: COUNT }, mine);
  }
  return dir;
}

const notices: string[] = [];
function merged(dir: string, options: MergeOptions = {}): Promise<MergeOutcome> {
  notices.length = 0;
  const worker = (): never => {
    throw new Error("nothing is to be computed");
  };
  return merge(dir, options, { notice: (text) => void notices.push(text), worker });
}

async function refusal(
  dir: string,
  options: MergeOptions = {},
): Promise<{ code: number; message: string; hint: string }> {
  try {
    await merged(dir, options);
  } catch (error) {
    if (error instanceof CodiLensError) return { code: error.exitCode, message: error.message, hint: error.hint ?? "" };
    throw error;
  }
  throw new Error("not refused");
}

const textOf = (dir: string): string => readFileSync(join(dir, "records.jsonl"), "utf8");
const manifestOf = (dir: string): Record<string, unknown> & { stamp: Record<string, unknown> } =>
  JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")) as never;

describe("shards that are one run", () => {
  test("become its records in its order, and a manifest without a shard that names them all; the shards stay", async () => {
    const dir = runOf();
    const before = readFileSync(join(dir, "shard-1-of-3", "records.jsonl"));
    const outcome = await merged(dir);
    expect(outcome).toEqual({
      dir,
      status: "complete",
      counts: { problems: PROBLEMS, records: 42, failed: 0, shards: 3, merged: 42 },
      studyFiles: [],
    });
    expect(textOf(dir)).toBe(whole);
    expect(readFileSync(join(dir, "shard-1-of-3", "records.jsonl"))).toEqual(before);
    const { status, shard, stamp } = manifestOf(dir);
    expect([status, shard, notices]).toEqual(["complete", undefined, []]);
    expect(stamp).toMatchObject({ startedAt: "2026-01-01", seconds: 60, peakMemoryBytes: 300 });
    expect((stamp["shards"] as object[]).length).toBe(3);
    expect(existsSync(join(dir, "lock"))).toBe(false);
  });

  test("merged again are as they were, also without the shards", async () => {
    const dir = runOf();
    await merged(dir);
    const before = [textOf(dir), manifestOf(dir)];
    expect((await merged(dir)).counts.merged).toBe(0);
    expect([textOf(dir), manifestOf(dir)]).toEqual(before);
    for (const index of [0, 1, 2]) rmSync(join(dir, `shard-${index}-of-3`), { recursive: true });
    expect(await merged(dir)).toMatchObject({ status: "complete", counts: { shards: 0, merged: 0, records: 42 } });
    expect([textOf(dir), manifestOf(dir)]).toEqual(before);
  });

  test("killed at any moment of merging, the same again ends with the same bytes", async () => {
    const dir = runOf();
    await merged(dir);
    const [records, manifest] = [textOf(dir), manifestOf(dir)];
    const started = JSON.stringify({ ...manifest, status: "started" });
    // After the manifest, within the append, after it.
    for (const bytes of [0, 1, Math.floor(records.length / 2), records.length - 1, records.length]) {
      writeFileSync(join(dir, "manifest.json"), started);
      writeFileSync(join(dir, "records.jsonl"), records.slice(0, bytes));
      expect((await merged(dir)).status).toBe("complete");
      expect([textOf(dir), manifestOf(dir)["status"]]).toEqual([records, "complete"]);
    }
  });

  test("with items that failed are a partial run, and the shards of these are named", async () => {
    const failed = ofShard(1).map((record, place) => (place === 0 ? failedFrom(record) : record));
    const dir = runOf({ 1: { records: failed, status: "partial" } });
    expect(await merged(dir)).toMatchObject({ status: "partial", counts: { failed: 1 } });
    expect(notices).toEqual(["items that failed: 1 in shard-1-of-3"]);
    expect(manifestOf(dir)["status"]).toBe("partial");
  });

  test("from other processors, engines and versions are merged with a warning that lists them", async () => {
    const engine = { name: "native", version: "2", device: "cpu", route: "built here" };
    const dir = runOf({ 1: { stamp: { processor: "B", engine, version: "0.2.0" } } });
    expect((await merged(dir)).status).toBe("complete");
    expect(notices).toEqual([
      expect.stringMatching(/on processors that differ.*\(A: 0, 2; B: 1\)/),
      expect.stringMatching(
        /by builds of the engine that differ.*native 2 \(cpu, cache\): 0, 2; native 2 \(cpu, built here\): 1/,
      ),
      expect.stringMatching(/by versions of CodiLens that differ.*0\.1\.0: 0, 2; 0\.2\.0: 1/),
    ]);
  });

  test("of which one is there twice are merged where the copies agree", async () => {
    const dir = runOf();
    cpSync(join(dir, "shard-1-of-3"), join(dir, "shard-1-of-3 (copy)"), { recursive: true });
    expect(await merged(dir)).toMatchObject({ status: "complete", counts: { shards: 3 } });
    expect(notices).toEqual([
      expect.stringMatching(/shard 1\/3 is there 2 times \(shard-1-of-3, shard-1-of-3 \(copy\)\)/),
    ]);
    expect(textOf(dir)).toBe(whole);
  });

  test("of which one has no job at all are whole without its records", async () => {
    const dir = runOf({ 1: { records: [...ofShard(1), ...ofShard(2)] }, 2: null });
    writeShard(dir, { index: 2, count: COUNT }, { records: [] });
    const path = join(dir, "shard-2-of-3", "manifest.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as { shard: object };
    writeFileSync(path, JSON.stringify({ ...manifest, shard: { ...manifest.shard, records: 0 } }));
    expect((await merged(dir)).status).toBe("complete");
    expect(textOf(dir)).toBe(whole);
  });
});

function failedFrom({ schema, key, study, protocol, problem, condition }: ExperimentRecord): ExperimentRecord {
  return { schema, key, study, protocol, problem, condition, status: "failed", error: { name: "E", message: "m" } };
}

describe("shards that are not whole", () => {
  test("are named, with the command that computes them", async () => {
    const dir = runOf({ 0: null, 2: { records: ofShard(2).slice(0, 5), status: "started" } });
    const { code, message, hint } = await refusal(dir);
    expect(code).toBe(4);
    expect(message).toMatch(/is not whole: shard 0 of 3 is missing; shard 2\/3 has 5 of 14 records$/);
    expect(hint).toMatch(/codilens experiment --out o --shard 0\/3, and likewise 2 .*--array=0,2\)/);
    expect(existsSync(join(dir, "records.jsonl"))).toBe(false);
  });

  test("one that is computed at this moment is named with who does", async () => {
    const dir = runOf({ 1: { records: [], status: "started" } });
    const fingerprint = manifestOf(join(dir, "shard-1-of-3"))["fingerprint"] as never;
    const held = RunStore.open({
      dir: join(dir, "shard-1-of-3"),
      fingerprint,
      takeOver: false,
      notice: () => undefined,
    });
    const { message } = await refusal(dir);
    held.close();
    expect(message).toContain(`shard 1/3 has 0 of 14 records and is in use by process ${process.pid} on`);
  });

  test("a torn last line is a record that is missing", async () => {
    const dir = runOf();
    const path = join(dir, "shard-0-of-3", "records.jsonl");
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    expect((await refusal(dir)).message).toMatch(/shard 0\/3 has 13 of 14 records/);
  });

  test("with --partial what there is becomes a run that is not finished, and goes on when more is there", async () => {
    const dir = runOf({ 1: null });
    expect(await merged(dir, { partial: true })).toMatchObject({
      status: "incomplete",
      counts: { records: 28, shards: 2 },
    });
    expect(notices).toEqual(["shard 1 of 3 is missing"]);
    expect(textOf(dir)).toBe(
      records
        .filter((_, place) => place % COUNT !== 1)
        .map(recordLine)
        .join(""),
    );
    expect(manifestOf(dir)["status"]).toBe("started");
    writeShard(dir, { index: 1, count: COUNT });
    expect(await merged(dir)).toMatchObject({ status: "complete", counts: { merged: 14 } });
    expect(textOf(dir)).toBe(whole);
  });
});

describe("what is no shard of the run is refused by name", () => {
  test("another run's, by what differs, also a setting that only one of them has", async () => {
    const dir = runOf({ 1: { fingerprint: { seed: 7, controls: false } } });
    const { code, message } = await refusal(dir);
    expect(code).toBe(4);
    expect(message).toMatch(
      /shard-1-of-3 belongs to another run: seed: 7 there, 42 here; controls: false there, nothing here$/,
    );
  });

  test("one that was computed with other rows or threads", async () => {
    expect((await refusal(runOf({ 2: { settings: { rowsPerBatch: 64 } } }))).message).toMatch(
      /shard-2-of-3 was computed with other settings: rowsPerBatch: 64 there, 256 here/,
    );
    expect((await refusal(runOf({ 0: { settings: { threads: 8 } } }))).message).toMatch(
      /shard-0-of-3 was computed with other settings: threads: 8 there, 1 here/,
    );
  });

  test("one of another cut", async () => {
    const dir = runOf();
    writeShard(dir, { index: 1, count: 2 });
    expect((await refusal(dir)).message).toMatch(/shard-1-of-2 is of another cut: 2 shards there, 3 here/);
  });

  test("two of one index that disagree, and a record that is none of the run's", async () => {
    const dir = runOf();
    const changed = ofShard(1).map((record, place) => (place === 2 ? failedFrom(record) : record));
    writeShard(dir, { index: 1, count: COUNT }, { name: "shard-1-of-3.old", records: changed });
    expect((await refusal(dir)).message).toMatch(
      /shard-1-of-3 and shard-1-of-3\.old hold different records of problem "p1" under "baseline"$/,
    );
    const [stranger] = madeRecords({ problems: 7 }).slice(42);
    if (stranger === undefined) throw new Error("no seventh problem");
    const strange = runOf({ 2: { records: [...ofShard(2), stranger] } });
    expect((await refusal(strange)).message).toMatch(
      /shard-2-of-3 holds a record that is none of the run's: problem "p6"/,
    );
  });

  test("one whose file is damaged", async () => {
    const dir = runOf();
    const path = join(dir, "shard-0-of-3", "records.jsonl");
    const bytes = readFileSync(path);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect((await refusal(dir)).message).toMatch(/shard-0-of-3\/records\.jsonl, line 1 is damaged/);
  });

  test("all of them where the folder holds another run itself; --new leaves that out", async () => {
    const dir = runOf();
    await merged(dir);
    const manifest = manifestOf(dir);
    const other = { ...manifest, fingerprint: { ...(manifest["fingerprint"] as object), seed: 1 } };
    writeFileSync(join(dir, "manifest.json"), JSON.stringify(other));
    expect((await refusal(dir)).message).toMatch(/shard-0-of-3 belongs to another run: seed: 42 there, 1 here/);
    expect(await merged(dir, { fresh: true })).toMatchObject({ status: "complete", counts: { merged: 42 } });
    expect([textOf(dir), existsSync(join(dir, "shard-2-of-3", "records.jsonl"))]).toEqual([whole, true]);
  });

  test("a folder without shards, one shard's own folder, and one that is not there", async () => {
    const empty = temporaryFolder("codilens-merge-");
    expect(await refusal(empty)).toMatchObject({ code: 3, message: expect.stringMatching(/holds no shards/) });
    expect(await refusal(join(empty, "x"))).toMatchObject({ code: 3, message: expect.stringMatching(/is not there/) });
    const dir = runOf();
    const inner = await refusal(join(dir, "shard-1-of-3"));
    expect([inner.code, inner.message, inner.hint]).toEqual([
      3,
      expect.stringMatching(/is one shard, 1\/3/),
      `give ${dir}`,
    ]);
  });

  test("a folder under another name is the shard that its manifest says", async () => {
    const dir = runOf();
    renameSync(join(dir, "shard-1-of-3"), join(dir, "from-the-other-cluster"));
    expect((await merged(dir)).status).toBe("complete");
    expect(textOf(dir)).toBe(whole);
  });
});

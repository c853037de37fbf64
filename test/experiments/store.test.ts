// @needs build, engine

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EnvironmentError, RunFolderError } from "../../src/base/errors.js";
import { type FileSystem, nodeFileSystem } from "../../src/disk/atomic-file.js";
import { madeFiles } from "../../src/experiments/jobs/after-run.js";
import type { Fingerprint } from "../../src/records/fingerprint.js";
import type { Manifest } from "../../src/records/manifest.js";
import { readRecords } from "../../src/records/record-line.js";
import { probeFolder, RunStore } from "../../src/records/store.js";
import { madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";

const fingerprint: Fingerprint = {
  weightsSha256: "w",
  tokenizerSha256: "t",
  configSha256: "c",
  dataSha256: "d",
  problems: ["a"],
  protocol: "codi",
  dtype: "float32",
  engine: "native",
  engineVersion: "1",
  layers: [4],
  ablateLayer: 8,
  studies: ["token-ablation"],
  seed: 42,
  maxNewTokens: 64,
  testMode: false,
  recordSchema: 1,
};
const manifest: Manifest = {
  schema: 1,
  status: "started",
  fingerprint: { ...fingerprint },
  model: { name: "m", protocol: "codi", layers: 16, latents: 6 },
  data: { file: "f", problems: 1, skipped: [], shortfall: [] },
  settings: { layers: [4], ablateLayer: 8, seed: 42, testMode: false, maxNewTokens: 64 },
  stamp: { command: "", version: "", startedAt: "" },
};
const folder = (): string => temporaryFolder("codilens-store-");
const open = (dir: string, more: Partial<Parameters<typeof RunStore.open>[0]> = {}): RunStore =>
  RunStore.open({ dir, fingerprint, takeOver: false, notice: () => undefined, ...more });
const records = madeRecords({ problems: 3 });

/** A folder with the manifest and the first `count` records. */
function written(count: number): string {
  const dir = folder();
  const store = open(dir);
  store.writeManifest(manifest);
  store.append(records.slice(0, count));
  store.close();
  return dir;
}

describe("RunStore", () => {
  test("keeps what was appended, and seals it in the given order", () => {
    const dir = folder();
    const store = open(dir);
    store.writeManifest(manifest);
    store.append(records.slice(7));
    store.append(records.slice(0, 7));
    store.seal(records.map(({ key }) => key));
    store.close();
    expect(readRecords(readFileSync(join(dir, "records.jsonl")), "r").records).toEqual(records);
  });

  test("seals the later of two records of one key, and reads them back as it holds them", () => {
    const dir = folder();
    const store = open(dir);
    store.writeManifest(manifest);
    const [first, second] = records.slice(0, 2).map((record) => ({ ...record, study: "again" }));
    store.append(records.slice(0, 2));
    store.append([second, first].flatMap((record) => record ?? []));
    const keys = records.slice(0, 2).map(({ key }) => key);
    store.seal(keys);
    expect(store.inOrder([...keys, "none"])).toEqual([first, second]);
    store.close();
    expect(readRecords(readFileSync(join(dir, "records.jsonl")), "r").records).toEqual([first, second]);
  });

  test("drops a last line torn at any byte, once, and takes the record again", () => {
    const dir = written(2);
    const whole = readFileSync(join(dir, "records.jsonl"));
    const first = whole.indexOf(0x0a) + 1;
    for (let length = first + 1; length < whole.length; length += 97) {
      writeFileSync(join(dir, "records.jsonl"), whole);
      truncateSync(join(dir, "records.jsonl"), length);
      const said: string[] = [];
      const again = open(dir, { notice: (text) => said.push(text) });
      expect([again.records.length, said.length]).toEqual([1, 1]);
      again.append(records.slice(1, 2));
      again.close();
      expect(readFileSync(join(dir, "records.jsonl"))).toEqual(whole);
    }
  });

  test("refuses a line that was changed by hand at any place, naming it", () => {
    const dir = written(2);
    const whole = readFileSync(join(dir, "records.jsonl"));
    const end = whole.indexOf(0x0a);
    for (let at = 0; at < end; at += 53) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(join(dir, "records.jsonl"), changed);
      expect(() => open(dir)).toThrow(/line 1/);
    }
    expect(readdirSync(dir)).not.toContain("lock");
  });

  test.each(Object.keys(fingerprint).filter((field) => field !== "problems"))(
    "refuses a folder of another %s with the difference",
    (field) => {
      const dir = written(0);
      const other = { ...fingerprint, [field]: "other" } as unknown as Fingerprint;
      expect(() => open(dir, { fingerprint: other })).toThrow(
        new RegExp(`belongs to another run: ${field}: .* there, "other" here`),
      );
    },
  );

  test("refuses a folder whose run has a setting that this one leaves at its default", () => {
    const dir = written(0);
    const path = join(dir, "manifest.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as { fingerprint: object };
    writeFileSync(path, JSON.stringify({ ...manifest, fingerprint: { ...manifest.fingerprint, controls: false } }));
    expect(() => open(dir)).toThrow(/belongs to another run: controls: false there, nothing here/);
  });

  test("records without a manifest are refused", () => {
    const dir = folder();
    const store = open(dir);
    store.append(records.slice(0, 1));
    store.close();
    expect(() => open(dir)).toThrow(RunFolderError);
  });

  test("the n-th write failing, or coming short, loses nothing that was there, for every n", () => {
    for (const short of [false, true]) {
      let finished = false;
      for (let n = 1; !finished; n++) {
        const dir = written(7);
        finished = tryRun(dir, failing(n, short));
        const after = open(dir);
        expect(after.records.slice(0, 7)).toEqual(records.slice(0, 7));
        expect(tryRunWith(after, nodeFileSystem)).toBe(true);
        expect(readRecords(readFileSync(join(dir, "records.jsonl")), "r").records).toEqual(records);
        expect(readdirSync(dir).sort()).toEqual(["manifest.json", "records.jsonl"]);
      }
    }
  });

  test("emptied for a new run, keeps nothing that was made of the old records, and what is nobody's", () => {
    const dir = written(3);
    const made = madeFiles();
    expect(made).toEqual(expect.arrayContaining(["tuned_lens.json", "subspace.json", "subspace.json.0"]));
    for (const name of [...made, "kept_own.json", "notes.txt"]) writeFileSync(join(dir, name), "{}");
    open(dir, { fresh: true, made }).close();
    expect(readdirSync(dir)).toEqual(["notes.txt", "records.jsonl"]);
    expect(readFileSync(join(dir, "records.jsonl"), "utf8")).toBe("");
  });

  test("emptied for a new run, has no control of the old one; a control that is being computed is left alone", () => {
    const dir = written(3);
    const control = join(dir, "control");
    const of = (): RunStore => {
      mkdirSync(control, { recursive: true });
      const store = open(control);
      store.writeManifest(manifest);
      store.append(records.slice(0, 2));
      return store;
    };
    const emptied = (): void => {
      const store = open(dir, { fresh: true, below: ["control"] });
      store.writeManifest(manifest);
      store.close();
    };
    const held = of();
    expect(emptied).toThrow(/control is in use by process/);
    held.close();
    expect(readRecords(readFileSync(join(dir, "records.jsonl")), "r").records).toHaveLength(3);
    open(dir, { below: ["control"] }).close();
    expect(readdirSync(control)).toEqual(["manifest.json", "records.jsonl"]);
    emptied();
    expect(readdirSync(dir)).toEqual(["manifest.json", "records.jsonl"]);
    of().close();
    writeFileSync(join(control, "notes.txt"), "mine");
    emptied();
    expect(readdirSync(control)).toEqual(["notes.txt"]);
  });

  test("a file in the folder's place is refused in a sentence", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "");
    expect(() => probeFolder(path)).toThrow(EnvironmentError);
    expect(() => probeFolder(join(folder(), "x".repeat(300)))).toThrow(/ENAMETOOLONG/);
    probeFolder(join(folder(), "a b\n😀"));
  });
});

describe("the folder's lock", () => {
  test("a second run is refused with pid, host and since; a dead holder is taken over", async () => {
    const dir = folder();
    const script = `import { lockFolder } from ${JSON.stringify(join(process.cwd(), "dist/disk/lock.js"))}; lockFolder(${JSON.stringify(dir)}, false); console.log("held"); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((done) => child.stdout.once("data", done));
    expect(() => open(dir)).toThrow(new RegExp(`in use by process ${child.pid} on .+ since \\d{4}-`));
    const gone = new Promise((done) => child.once("close", done));
    child.kill("SIGKILL");
    await gone;
    open(dir).close();
  });
});

function tryRun(dir: string, fs: FileSystem): boolean {
  try {
    return tryRunWith(open(dir, { fs }), fs);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return false;
  }
}

function tryRunWith(store: RunStore, _: FileSystem): boolean {
  try {
    store.append(records.slice(7).filter(({ key }) => !store.has(key)));
    store.seal(records.map(({ key }) => key));
    store.writeManifest(manifest);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return false;
  } finally {
    store.close();
  }
}

/** The n-th write, sync or rename fails; with `short`, a write leaves half of its bytes first. */
function failing(n: number, short: boolean): FileSystem {
  let calls = 0;
  const due = (): boolean => ++calls === n;
  const full = (): never => {
    throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
  };
  return {
    ...nodeFileSystem,
    writeAll: (fd, data) => {
      if (!due()) return nodeFileSystem.writeAll(fd, data);
      if (short) nodeFileSystem.writeAll(fd, data.slice(0, Math.floor(data.length / 2)) as string);
      full();
    },
    sync: (fd) => (due() ? full() : nodeFileSystem.sync(fd)),
    dataSync: (fd) => (due() ? full() : nodeFileSystem.dataSync(fd)),
    rename: (from, to) => (due() ? full() : nodeFileSystem.rename(from, to)),
  };
}

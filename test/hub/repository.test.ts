/** A folder that was downloaded before: kept, noticed when changed, never overwritten unasked; and offline. */
// @needs nothing

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NOTE_NAME, readNote } from "../../src/hub/verified-note.js";
import { download, hubWith, isWhole, newFolder, noise, weights } from "./helpers.js";

const flipByte = (path: string): void => {
  const bytes = readFileSync(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(path, bytes);
};
const later = (path: string): void => utimesSync(path, new Date(), new Date(Date.now() + 5000));

describe("a first download", () => {
  test("pins the commit, notes what was checked, and reports every file", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { result, notices } = await download(hub, dir, { env: { HF_TOKEN: "hf_secret" } });
    expect(hub.asked()).toEqual(["config.json all", "model.safetensors all"]);
    expect(
      hub.seen.filter(({ path }) => /tree|resolve/.test(path)).every(({ path }) => path.includes(hub.commit)),
    ).toBe(true);
    expect(result).toEqual({
      repository: "someone/model",
      revision: "main",
      commit: hub.commit,
      dir,
      receivedBytes: 50_007,
      files: [
        // printf '{"a":1}' | sha256sum
        {
          name: "config.json",
          sizeBytes: 7,
          fetched: true,
          sha256: "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
        },
        {
          name: "model.safetensors",
          sizeBytes: 50_000,
          fetched: true,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
    });
    const note = readNote(dir);
    expect([note?.commit, note?.endpoint, note?.parts]).toEqual([hub.commit, new URL(hub.endpoint).host, []]);
    expect(note?.files.map(({ mtimeMs }) => mtimeMs)).toEqual(
      ["config.json", "model.safetensors"].map((name) => statSync(join(dir, name)).mtimeMs),
    );
    expect(readFileSync(join(dir, NOTE_NAME), "utf8")).not.toContain("hf_secret");
    expect(notices).toEqual([expect.stringMatching(/2 of 2 files, 0\.0 MiB to fetch into .*; [\d.]+ MiB free$/)]);
  });

  test("keeps the names of subfolders, and odd but harmless characters in them", async () => {
    const files = { "sub folder/a#1?&%2e.safetensors": "x", "other.txt": "y" };
    const [hub, dir] = [await hubWith({ files }), newFolder()];
    const { result } = await download(hub, dir, { include: ["*/*.safetensors", "nothing*"] });
    expect(result?.files.map(({ name }) => name)).toEqual(["sub folder/a#1?&%2e.safetensors"]);
    expect(readFileSync(join(dir, "sub folder", "a#1?&%2e.safetensors"), "utf8")).toBe("x");
  });

  test("of nothing is wrong use, or a repository without a checkpoint", async () => {
    const hub = await hubWith({ files: { "other.txt": "y" } });
    expect((await download(hub, newFolder(), { include: ["*.bin"] })).error?.exitCode).toBe(2);
    expect((await download(hub, newFolder())).error?.exitCode).toBe(3);
  });

  test("into a folder with files of other origin keeps those that are right and refuses to overwrite the others", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    writeFileSync(join(dir, "model.safetensors"), weights);
    writeFileSync(join(dir, "config.json"), '{"b":1}');
    const refused = await download(hub, dir);
    expect(refused.error).toEqual({
      exitCode: 4,
      message: expect.stringMatching(/files that differ from the repository's: config\.json \(its hash is/),
      hint: expect.stringMatching(/--force/),
    });
    expect([hub.asked(), existsSync(join(dir, NOTE_NAME))]).toEqual([[], false]);
    const { result, notices } = await download(hub, dir, { force: true });
    expect(hub.asked()).toEqual(["config.json all"]);
    expect(result?.files.map(({ fetched }) => fetched)).toEqual([true, false]);
    expect(notices[0]).toMatch(/fetched again over what is there: config\.json/);
  });

  test("where a file is in the folder's place is exit 5", async () => {
    const path = join(newFolder(), "file");
    writeFileSync(path, "");
    expect((await download(await hubWith(), path)).error?.exitCode).toBe(5);
  });
});

describe("a second download", () => {
  test("fetches nothing, and only what is missing", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    await download(hub, dir);
    hub.seen.length = 0;
    const { result } = await download(hub, dir);
    expect([hub.asked(), result?.receivedBytes]).toEqual([[], 0]);
    rmSync(join(dir, "config.json"));
    await download(hub, dir);
    expect(hub.asked()).toEqual(["config.json all"]);
  });

  test("hashes again what has another time, and keeps it when it is right", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    await download(hub, dir);
    later(join(dir, "model.safetensors"));
    hub.seen.length = 0;
    expect((await download(hub, dir)).error).toBeNull();
    expect(hub.asked()).toEqual([]);
    expect(readNote(dir)?.files[1]?.mtimeMs).toBe(statSync(join(dir, "model.safetensors")).mtimeMs);
  });

  test("notices a flipped byte, refuses to go on, and repairs it with force", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    await download(hub, dir);
    flipByte(join(dir, "model.safetensors"));
    later(join(dir, "model.safetensors"));
    const { error } = await download(hub, dir);
    expect([error?.exitCode, error?.message]).toEqual([4, expect.stringMatching(/model\.safetensors \(its hash is/)]);
    expect((await download(hub, dir, { force: true })).error).toBeNull();
    expect(isWhole(dir)).toBe(true);
  });

  test("notices a flipped byte whose time was put back only when it is to verify", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const path = join(dir, "model.safetensors");
    // A whole second, so that it can be put back exactly.
    await download(hub, dir);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    await download(hub, dir);
    flipByte(path);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect((await download(hub, dir)).error).toBeNull();
    const { error } = await download(hub, dir, { verify: true });
    expect([error?.exitCode, error?.message]).toEqual([4, expect.stringMatching(/model\.safetensors \(its hash is/)]);
  });

  test("of a revision that has moved is refused; the old commit can be asked for, force replaces it", async () => {
    const old = { "config.json": "{}", "tokenizer.json": "old", "model.safetensors": weights };
    const fresh = { "config.json": "[]", "model.safetensors": weights };
    const [before, after, dir] = [await hubWith({ files: old }), await hubWith({ files: fresh }), newFolder()];
    after.commit = "b".repeat(40);
    await download(before, dir);
    writeFileSync(join(dir, "mine.txt"), "mine");
    const { error } = await download(after, dir);
    expect(error).toEqual({
      exitCode: 4,
      message: expect.stringMatching(/holds someone\/model at 0123\w+, wanted someone\/model at bbbb/),
      hint: expect.stringMatching(/ask for someone\/model@0123\w+, or replace it with --force/),
    });
    expect((await download(before, dir, { revision: before.commit })).error).toBeNull();
    expect((await download(after, dir, { force: true })).error).toBeNull();
    // What both commits hold is kept; what only the old one holds is removed; what is not the download's stays.
    expect([after.asked(), isWhole(dir)]).toEqual([["config.json all"], true]);
    expect(existsSync(join(dir, "tokenizer.json"))).toBe(false);
    expect(readFileSync(join(dir, "mine.txt"), "utf8")).toBe("mine");
    expect(readNote(dir)?.files.map(({ name }) => name)).toEqual(["model.safetensors", "config.json"]);
  });

  test("of another repository is refused", async () => {
    const dir = newFolder();
    await download(await hubWith(), dir);
    const { error } = await download(await hubWith({ repository: "other/model" }), dir);
    expect([error?.exitCode, error?.message]).toEqual([4, expect.stringMatching(/wanted other\/model/)]);
  });

  test("with force does not go on with a part of other content", async () => {
    const dir = newFolder();
    const [first, second] = [await hubWith({ files: { "model.safetensors": noise(50_000, 9) } }), await hubWith()];
    second.commit = "c".repeat(40);
    first.next("/resolve/", {
      cutAt: 20_000,
      until: () => statSync(join(dir, "model.safetensors.part")).size >= 20_000,
    });
    first.next("/resolve/", { status: 404 });
    await download(first, dir);
    await download(second, dir, { force: true });
    expect(second.asked()).toEqual(["config.json all", "model.safetensors all"]);
    expect(isWhole(dir)).toBe(true);
  });

  test.each<[string, string]>([
    ["cut", '{"schema":1,'],
    ["of another version", '{"schema":2}'],
    [
      "with a name that leaves the folder",
      JSON.stringify({
        ...{ schema: 1, repository: "a/b", revision: "main", commit: "a".repeat(40), endpoint: "h", include: [] },
        ...{ selection: ["../x"], files: [], parts: [] },
      }),
    ],
  ])("with a note that is %s says so", async (_, text) => {
    const [hub, dir] = [await hubWith(), newFolder()];
    writeFileSync(join(dir, NOTE_NAME), text);
    const { error } = await download(hub, dir);
    expect([error?.exitCode, error?.hint]).toEqual([4, expect.stringMatching(/^delete it/)]);
  });
});

describe("offline", () => {
  const offline = { env: { HF_HUB_OFFLINE: "1" } };

  test("a complete download is a success, and no connection is opened", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    await download(hub, dir);
    const before = [hub.connections(), hub.seen.length];
    for (const env of [{ HF_HUB_OFFLINE: "1" }, { TRANSFORMERS_OFFLINE: "yes" }]) {
      const { result } = await download(hub, dir, { env });
      expect([result?.commit, result?.files.length]).toEqual([hub.commit, 2]);
    }
    expect((await download(hub, dir, { ...offline, revision: hub.commit })).error).toBeNull();
    // A kept connection could carry a request without a new one.
    expect([hub.connections(), hub.seen.length]).toEqual(before);
  });

  test("all else is exit 5 with the reason, and no connection either", async () => {
    const [hub, whole] = [await hubWith(), newFolder()];
    await download(hub, whole);
    const before = [hub.connections(), hub.seen.length];
    const altered = (change: (dir: string) => void): string => {
      const dir = newFolder();
      cpSync(whole, dir, { recursive: true, preserveTimestamps: true });
      change(dir);
      return dir;
    };
    const cases: [string, object, RegExp][] = [
      [newFolder(), {}, /it has no note of a download/],
      [whole, { repository: "other/model" }, /it is one of someone\/model/],
      [whole, { revision: "v2" }, /it is one of revision main/],
      [whole, { include: ["*"] }, /another --include/],
      [altered((dir) => rmSync(join(dir, "config.json"))), {}, /config\.json is gone/],
      [altered((dir) => flipByte(join(dir, "model.safetensors"))), {}, /model\.safetensors was changed since/],
      [altered((dir) => dropFile(dir, "config.json")), {}, /config\.json was not fetched/],
    ];
    for (const [dir, wishes, message] of cases) {
      const { error } = await download(hub, dir, { ...offline, ...wishes });
      expect(error).toEqual({
        exitCode: 5,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/unset HF_HUB_OFFLINE/),
      });
    }
    // A kept connection could carry a request without a new one.
    expect([hub.connections(), hub.seen.length]).toEqual(before);
  });
});

function dropFile(dir: string, dropped: string): void {
  const note = readNote(dir);
  const files = note?.files.filter(({ name }) => name !== dropped);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, NOTE_NAME), JSON.stringify({ ...note, files }));
}

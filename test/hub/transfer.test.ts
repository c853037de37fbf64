/** Faults on the way of one file: what is fetched again, what is gone on with, what is refused. */
// @needs nothing

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFileSystem } from "../../src/disk/atomic-file.js";
import type { Fault } from "../support/fake-hub.js";
import { download, hubWith, isWhole, newFolder, noise, sizeOf, weights } from "./helpers.js";

const FILE = "model.safetensors";
const only = { include: [FILE] };
const cut = (dir: string, at: number, partBytes = at): Fault => ({
  cutAt: at,
  until: () => sizeOf(join(dir, `${FILE}.part`)) >= partBytes,
});

describe("a cut connection", () => {
  test("is gone on with at the byte where it was cut, under the same ETag", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", cut(dir, 20_000));
    const { result, notices, waits, progress } = await download(hub, dir, only);
    expect(isWhole(dir)).toBe(true);
    expect(hub.asked()).toEqual([`${FILE} all`, `${FILE} bytes=20000-`]);
    expect(hub.seen.at(-1)?.headers["if-range"]).toMatch(/^"[0-9a-f]{64}"$/);
    expect(result?.receivedBytes).toBe(weights.length);
    expect(notices.join()).toMatch(
      /cut the connection at byte 20000 of 50000 of model\.safetensors; try 2 of 5 in 1 s/,
    );
    expect(waits).toEqual([1000]);
    expect(progress.at(-1)).toEqual([50_000, 50_000, 0]);
  });

  test("at every try ends with exit 5, keeps the part, and the same command fetches the rest only", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", ...[1, 2, 3, 4, 5].map((n) => cut(dir, 1000, 1000 * n)));
    const { error, waits } = await download(hub, dir, only);
    expect(error).toEqual({
      exitCode: 5,
      message: expect.stringMatching(/^Cannot fetch model\.safetensors: .* at byte 5000 of 50000 .*\(tried 5 times\)$/),
      hint: expect.stringMatching(/run the same command again to resume/),
    });
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(existsSync(join(dir, FILE))).toBe(false);
    const { result, progress } = await download(hub, dir, only);
    expect(hub.asked().slice(5)).toEqual([`${FILE} bytes=5000-`]);
    expect(result?.receivedBytes).toBe(45_000);
    expect(progress[0]).toEqual([5000, 50_000, 5000]);
    expect(isWhole(dir)).toBe(true);
  });

  test("that brought a mebibyte does not use up the tries", async () => {
    const [big, dir] = [noise(7 * 2 ** 20), newFolder()];
    const hub = await hubWith({ files: { [FILE]: big } });
    hub.next("/resolve/", ...[1, 2, 3, 4, 5, 6].map((n) => cut(dir, 2 ** 20, n * 2 ** 20)));
    const { waits } = await download(hub, dir);
    expect(waits).toEqual([1000, 1000, 1000, 1000, 1000, 1000]);
    expect(readFileSync(join(dir, FILE)).equals(big)).toBe(true);
  });

  test("in the answers about the repository is asked again", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/revision/", { cutAt: 5 });
    hub.next("/tree/", { cutAt: 5 }, { cutAt: 7 });
    const { error, waits } = await download(hub, dir);
    expect([error, waits]).toEqual([null, [1000, 1000, 2000]]);
  });

  test("goes on only with bytes that are still those that came: an altered part is found out and fetched anew", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", cut(dir, 20_000), { status: 404 });
    await download(hub, dir, only);
    const part = join(dir, `${FILE}.part`);
    writeFileSync(part, Buffer.concat([Buffer.from([1, 2, 3]), readFileSync(part).subarray(3)]));
    const { notices } = await download(hub, dir, only);
    expect(notices.join()).toMatch(/SHA-256 is [0-9a-f]{64}, wanted [0-9a-f]{64}; fetching it again from the start/);
    expect(hub.asked().at(-1)).toBe(`${FILE} all`);
    expect(isWhole(dir)).toBe(true);
  });
});

describe("an answer to a range that does not go on", () => {
  const other = '"other"';
  test.each<[string, Fault, string[]]>([
    ["200 instead of 206", { ignoreRange: true }, []],
    ["200 with another ETag", { ignoreRange: true, answer: { etag: other } }, []],
    ["206 with another ETag", { answer: { etag: other } }, [`${FILE} all`]],
    ["206 of other bytes", { answer: { "content-range": "bytes 19999-49999/50000" } }, [`${FILE} all`]],
    ["206 of another length", { answer: { "content-range": "bytes 20000-49998/49999" } }, [`${FILE} all`]],
    ["206 without Content-Range", { answer: { "content-range": "" } }, [`${FILE} all`]],
    ["416", { status: 416 }, [`${FILE} all`]],
  ])("%s: the file is fetched from the start", async (_, fault, then) => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", cut(dir, 20_000), fault);
    const { result } = await download(hub, dir, only);
    expect(hub.asked()).toEqual([`${FILE} all`, `${FILE} bytes=20000-`, ...then]);
    expect(result?.receivedBytes).toBe(70_000);
    expect(isWhole(dir)).toBe(true);
  });

  test("a changed ETag on the hub: the range is refused by If-Range and all comes again", async () => {
    let suffix = "";
    const [hub, dir] = [await hubWith({ etag: (hash) => `"${hash}${suffix}"` }), newFolder()];
    hub.next("/resolve/", cut(dir, 20_000), { status: 404 });
    await download(hub, dir, only);
    suffix = "-2";
    hub.seen.length = 0;
    const { result } = await download(hub, dir, only);
    expect(hub.asked()).toEqual([expect.stringMatching(/ bytes=\d+-$/)]);
    expect(result?.receivedBytes).toBe(50_000);
    expect(isWhole(dir)).toBe(true);
  });

  test("a weak ETag is compared, and not sent as If-Range; without an ETag all comes again", async () => {
    const tags: [string, string[]][] = [
      ['W/"1"', [`${FILE} all`, `${FILE} bytes=20000-`]],
      ["", [`${FILE} all`, `${FILE} all`]],
    ];
    for (const [tag, asked] of tags) {
      const [hub, dir] = [await hubWith({ etag: () => tag }), newFolder()];
      hub.next("/resolve/", cut(dir, 20_000));
      await download(hub, dir, only);
      expect(hub.asked()).toEqual(asked);
      expect(hub.seen.at(-1)?.headers["if-range"]).toBeUndefined();
      expect(isWhole(dir)).toBe(true);
    }
  });
});

describe("wrong content", () => {
  const wrong = noise(50_000, 2);
  test.each<[string, Fault, RegExp]>([
    ["wrong bytes", { body: wrong }, /SHA-256 is/],
    ["too long by its header", { body: noise(50_001, 2) }, /it has 50001 bytes, wanted 50000/],
    ["too short by its header", { body: noise(49_999, 2) }, /it has 49999 bytes, wanted 50000/],
    ["too long without a header", { body: noise(50_001), chunked: true }, /it is longer than 50000 bytes/],
  ])("%s: fetched once more, then refused with exit 3 and nothing kept", async (_, fault, message) => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", fault);
    const once = await download(hub, dir, only);
    expect([once.error, isWhole(dir)]).toEqual([null, true]);
    expect(once.notices.join()).toMatch(message);

    const second = newFolder();
    hub.next("/resolve/", fault, fault);
    const { error } = await download(hub, second, only);
    expect([error?.exitCode, error?.message]).toEqual([3, expect.stringMatching(message)]);
    expect(error?.message).toMatch(/^model\.safetensors of someone\/model came wrong twice: /);
    expect([sizeOf(join(second, FILE)), existsSync(join(second, `${FILE}.part`))]).toEqual([0, false]);
  });

  test("a body that ends early without a length is gone on with", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", { body: weights.subarray(0, 30_000), chunked: true });
    const { error } = await download(hub, dir, only);
    expect([error, hub.asked()]).toEqual([null, [`${FILE} all`, `${FILE} bytes=30000-`]]);
    expect(isWhole(dir)).toBe(true);
  });

  test("small files are held to git's hash of them", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.always("/config.json", { body: '{"a":2}' });
    const { error } = await download(hub, dir);
    expect([error?.exitCode, error?.message]).toEqual([3, expect.stringMatching(/config\.json .* git's SHA-1 is/)]);
  });
});

describe("a busy or broken server", () => {
  test.each<[string, Fault, number]>([
    ["429 with seconds", { status: 429, headers: { "retry-after": "7" } }, 7000],
    ["429 with a date", { status: 429, headers: { "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" } }, 9000],
    [
      "429 with a date that has passed",
      { status: 429, headers: { "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" } },
      0,
    ],
    ["429 that asks for an hour", { status: 429, headers: { "retry-after": "3600" } }, 120_000],
    ["429 with nonsense", { status: 429, headers: { "retry-after": "soon" } }, 1000],
    ["503 with seconds", { status: 503, headers: { "retry-after": "3" } }, 3000],
    ["500", { status: 500 }, 1000],
  ])("%s is waited for", async (_, fault, waitMs) => {
    for (const where of ["/revision/", "/tree/", "/resolve/"]) {
      const [hub, dir] = [await hubWith(), newFolder()];
      hub.next(where, fault);
      const { error, waits } = await download(hub, dir);
      expect([where, error, waits]).toEqual([where, null, [waitMs]]);
    }
  });

  test.each([429, 502])("%i for ever ends after five tries with exit 5", async (status) => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.always("/tree/", { status });
    const { error, waits } = await download(hub, dir);
    expect([error?.exitCode, error?.message, waits.length]).toEqual([
      5,
      expect.stringMatching(new RegExp(`answers ${status} \\(tried 5 times\\)`)),
      4,
    ]);
  });
});

describe("the disk", () => {
  test("that fills ends with exit 5 and keeps the part, from which the same command goes on", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    hub.next("/resolve/", cut(dir, 20_000));
    let left = 30_000;
    const fs = {
      ...nodeFileSystem,
      writeAll: (fd: number, data: string | Uint8Array): void => {
        if (typeof data !== "string") left -= data.length;
        // A full disk takes what fits.
        if (left < 0 && typeof data !== "string") nodeFileSystem.writeAll(fd, data.subarray(0, data.length + left));
        if (left < 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        nodeFileSystem.writeAll(fd, data);
      },
    };
    const { error } = await download(hub, dir, { ...only, fs });
    expect([error?.exitCode, error?.message]).toEqual([5, expect.stringMatching(/\.part: ENOSPC$/)]);
    expect(sizeOf(join(dir, `${FILE}.part`))).toBe(30_000);
    const { result } = await download(hub, dir, only);
    expect([hub.asked().at(-1), result?.receivedBytes]).toEqual([`${FILE} bytes=30000-`, 20_000]);
    expect(isWhole(dir)).toBe(true);
  });

  test("with too little space is refused before any content is asked for; a part counts", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { error } = await download(hub, dir, { ...only, freeBytes: () => 49_999 });
    expect([error?.exitCode, hub.asked()]).toEqual([5, []]);
    hub.next("/resolve/", cut(dir, 20_000), { status: 404 });
    await download(hub, dir, only);
    expect((await download(hub, dir, { ...only, freeBytes: () => 30_000 })).error).toBeNull();
  });
});

test("an abort keeps the part", async () => {
  const [hub, dir, controller] = [await hubWith(), newFolder(), new AbortController()];
  hub.next("/resolve/", { cutAt: 20_000, until: () => false });
  const progress = (done: number): void => {
    if (done === 20_000) controller.abort();
  };
  await expect(download(hub, dir, { ...only, signal: controller.signal, progress })).rejects.toThrow(/abort/);
  expect(sizeOf(join(dir, `${FILE}.part`))).toBe(20_000);
  await download(hub, dir, only);
  expect(hub.asked().at(-1)).toBe(`${FILE} bytes=20000-`);
  expect(isWhole(dir)).toBe(true);
});

test("an empty file is made without a request", async () => {
  const [hub, dir] = [await hubWith({ files: { "config.json": "" } }), newFolder()];
  const { result } = await download(hub, dir);
  expect([result?.files[0]?.sizeBytes, hub.asked()]).toEqual([0, []]);
  expect(readFileSync(join(dir, "config.json")).length).toBe(0);
});

/** Who may read, where the token goes, where redirects lead, what a hub may name. */
// @needs nothing

import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { redirectTarget } from "../../src/hub/http.js";
import type { Fault } from "../support/fake-hub.js";
import { download, hubWith, isWhole, newFolder } from "./helpers.js";

const TOKEN = "hf_secretSECRETsecret";
const withToken = { env: { HF_TOKEN: TOKEN } };
const gated = (status: number): Fault => ({ status, headers: { "x-error-code": "GatedRepo" }, body: "restricted" });

describe("a repository that cannot be read", () => {
  test.each<[string, string, Fault, number, RegExp, RegExp]>([
    [
      "gated, no licence accepted",
      "/resolve/",
      gated(401),
      5,
      /it is gated or private.*HTTP 401/,
      /accept the licence/,
    ],
    ["gated, licence not granted", "/resolve/", gated(403), 5, /it is gated or private.*HTTP 403/, /set HF_TOKEN/],
    ["a token that is refused", "/revision/", { status: 401 }, 5, /HTTP 401/, /set HF_TOKEN/],
    ["no such repository", "/revision/", { status: 404 }, 3, /someone\/model is not there, or is private/, /spelling/],
    [
      "no such repository, as the hub tells those without a token",
      "/revision/",
      { status: 401, headers: { "x-error-code": "RepoNotFound" } },
      3,
      /someone\/model is not there, or is private/,
      /spelling/,
    ],
    [
      "no such revision",
      "/revision/",
      { status: 404, headers: { "x-error-code": "RevisionNotFound" } },
      3,
      /someone\/model has no revision "main"/,
      /after the @/,
    ],
    ["a file that has gone", "/resolve/", { status: 404 }, 3, /config\.json is not there/, /list the files anew/],
    ["another refusal", "/tree/", { status: 400 }, 5, /answers 400/, /network/],
  ])("%s", async (_, where, fault, exitCode, message, hint) => {
    const hub = await hubWith();
    hub.always(where, fault);
    for (const wishes of [{}, withToken]) {
      const outcome = await download(hub, newFolder(), wishes);
      expect(outcome.error).toEqual({
        exitCode,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      });
      expect(outcome.waits).toEqual([]);
      expect(JSON.stringify(outcome)).not.toContain(TOKEN);
    }
  });

  test("says whether a token is set, and where the licence is", async () => {
    const hub = await hubWith();
    hub.always("/resolve/", gated(403));
    const without = (await download(hub, newFolder())).error;
    const withOne = (await download(hub, newFolder(), withToken)).error;
    expect(without?.message).toContain("no token is set");
    expect(withOne?.message).toContain("the token that is set is not enough");
    expect(withOne?.hint).toContain(`accept the licence on ${hub.endpoint}/someone/model, then set HF_TOKEN`);
  });
});

describe("redirects", () => {
  test("to another host carry no token, those on the hub do, and a cut is gone on with through the hub", async () => {
    const [hub, store, dir] = [await hubWith(), await hubWith(), newFolder()];
    const away = {
      status: 302,
      headers: { location: `${store.endpoint}/someone/model/resolve/x/model.safetensors?sig=1` },
    };
    hub.next("/resolve/", { status: 307, headers: { location: "/someone/model/resolve/y/model.safetensors" } });
    hub.always("/model.safetensors", away);
    store.next("/resolve/", { cutAt: 20_000, until: () => done >= 20_000 });
    let done = 0;
    const progress = (bytes: number): void => {
      done = bytes;
    };
    await download(hub, dir, { ...withToken, include: ["model.safetensors"], progress });
    expect(isWhole(dir)).toBe(true);
    expect(store.asked()).toEqual(["model.safetensors?sig=1 all", "model.safetensors?sig=1 bytes=20000-"]);
    expect(store.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    expect(hub.seen.length).toBe(5);
    expect(hub.seen.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  test("a file store that refuses an outdated address is asked again through the hub", async () => {
    const [hub, store, dir] = [await hubWith(), await hubWith(), newFolder()];
    const location = `${store.endpoint}/someone/model/resolve/x/model.safetensors?sig=secret-signature`;
    hub.next("/model.safetensors", { status: 302, headers: { location } });
    store.next("/resolve/", { status: 403 });
    const outcome = await download(hub, dir);
    expect([outcome.error, outcome.waits, isWhole(dir)]).toEqual([null, [1000], true]);
    expect(JSON.stringify(outcome)).not.toContain("secret-signature");
  });

  test("in a circle, or without an address, end with exit 5", async () => {
    const hub = await hubWith();
    hub.always("/tree/", { status: 302, headers: { location: "/api/models/someone/model/tree/again" } });
    hub.always("/resolve/", { status: 302 });
    const circle = await download(hub, newFolder());
    expect([circle.error?.exitCode, circle.error?.message]).toEqual([5, expect.stringMatching(/more than 5 times/)]);
    expect(hub.seen.length).toBe(1 + 6);
    const other = await hubWith();
    other.always("/resolve/", { status: 302 });
    const lost = await download(other, newFolder());
    expect([lost.error?.exitCode, lost.error?.message]).toEqual([5, expect.stringMatching(/without a usable address/)]);
  });

  test.each<[string, string, string | null]>([
    ["https://hub.example/a", "https://store.example/b", "https://store.example/b"],
    ["https://hub.example/a", "/b?c", "https://hub.example/b?c"],
    ["https://hub.example/a", "http://127.0.0.1:8080/b", "http://127.0.0.1:8080/b"],
    ["http://hub.example/a", "http://store.example/b", "http://store.example/b"],
    ["https://hub.example/a", "http://hub.example/b", null],
    ["https://hub.example/a", "http://127.0.0.1.example/b", null],
    ["https://hub.example/a", "file:///etc/passwd", null],
    ["https://hub.example/a", "https://user:password@store.example/b", null],
  ])("from %s to %s lead to %s", (from, location, to) => {
    if (to === null) expect(() => redirectTarget(new URL(from), location)).toThrow(/not safe to follow/);
    else expect(redirectTarget(new URL(from), location).href).toBe(to);
  });
});

describe("the list of files", () => {
  test("comes in pages", async () => {
    const files = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`${i}.safetensors`, `${i}`]));
    const [hub, dir] = [await hubWith({ files, pageSize: 3 }), newFolder()];
    const { result } = await download(hub, dir);
    expect(result?.files.map(({ name }) => name)).toEqual(Object.keys(files));
    expect(hub.seen.filter(({ path }) => path.includes("/tree/")).length).toBe(3);
  });

  test("whose next page is on another host gets no token there", async () => {
    const [hub, mirror] = [await hubWith({ commit: "a".repeat(40) }), await hubWith({ commit: "a".repeat(40) })];
    const next = `<${mirror.endpoint}/api/models/someone/model/tree/x?cursor=2>; rel="next"`;
    hub.next("/tree/", { body: "[]", answer: { link: next } });
    const { error } = await download(hub, newFolder(), withToken);
    expect([error, mirror.seen.map(({ headers }) => headers.authorization)]).toEqual([null, [undefined]]);
  });

  test("without an end is refused", async () => {
    const hub = await hubWith();
    const link = `<${hub.endpoint}/api/models/someone/model/tree/${hub.commit}?recursive=true&expand=false>; rel=next`;
    hub.always("/tree/", { answer: { link } });
    const { error } = await download(hub, newFolder());
    expect([error?.exitCode, error?.message]).toEqual([5, expect.stringMatching(/without an end/)]);
  });

  test.each<[string, RegExp]>([
    ["../model.safetensors", /it leaves its folder/],
    ["sub/../../model.safetensors", /it leaves its folder/],
    ["/tmp/model.safetensors", /it is absolute/],
    ["\\\\host\\model.safetensors", /a backslash/],
    ["..\\model.safetensors", /a backslash/],
    ["C:model.safetensors", /a colon/],
    ["C:/model.safetensors", /a colon/],
    ["a\nb.safetensors", /a control character/],
    ["a\u001b[2Jb.safetensors", /a control character/],
    ["a\u202eb.safetensors", /a control character/],
    ["a//b.safetensors", /hides a part/],
    ["./b.safetensors", /hides a part/],
    [".codilens-download.json", /its own notes/],
  ])("with the name %j is refused before anything is written", async (name, why) => {
    const [hub, dir] = [await hubWith({ files: { "config.json": "{}", [name]: "x" } }), join(newFolder(), "out")];
    const { error } = await download(hub, dir, { include: ["*"] });
    expect([error?.exitCode, error?.message]).toEqual([
      3,
      expect.stringMatching(/lists a file named .*nothing was written/),
    ]);
    expect(error?.message).toMatch(why);
    expect([hub.asked(), existsSync(dir)]).toEqual([[], false]);
  });

  test("with a file and the part of another under one name is refused", async () => {
    const files = { "a.safetensors": "x", "a.safetensors.part": "y" };
    const { error } = await download(await hubWith({ files }), newFolder(), { include: ["*"] });
    expect(error?.message).toMatch(/it stands for two files/);
  });

  test.each<[string, Fault, RegExp]>([
    ["a log-in page", { body: "<html>Log in</html>" }, /does not answer as the hub does: no JSON/],
    ["other JSON", { body: '{"error":"x"}' }, /does not answer as the hub does/],
    ["a list of something else", { body: "[1]" }, /does not answer as the hub does/],
    ["no hash", { body: '[{"type":"file","path":"config.json","size":3}]' }, /without a size and hash/],
  ])("that is %s is refused", async (_, fault, message) => {
    const hub = await hubWith();
    hub.always("/tree/", fault);
    expect((await download(hub, newFolder())).error?.message).toMatch(message);
  });

  test("of a commit that is not the one asked for is refused", async () => {
    const { error } = await download(await hubWith(), newFolder(), { revision: "b".repeat(40) });
    expect([error?.exitCode, error?.message]).toEqual([3, expect.stringMatching(/gives commit 0123/)]);
  });
});

describe("no network", () => {
  test("a closed port ends with exit 5 after five tries, naming the code", async () => {
    const hub = await hubWith();
    await hub.close();
    const { error, waits } = await download(hub, newFolder());
    expect([error?.exitCode, error?.message]).toEqual([
      5,
      expect.stringMatching(/no connection to .* \(ECONNREFUSED\)/),
    ]);
    expect([waits.length, error?.hint]).toEqual([4, expect.stringMatching(/run the same command again to resume/)]);
  });

  test("a server that does not speak TLS as asked is not asked again", async () => {
    const hub = await hubWith();
    const { error, waits } = await download({ ...hub, endpoint: hub.endpoint.replace("http:", "https:") }, newFolder());
    expect([error?.exitCode, error?.message, waits]).toEqual([5, expect.stringMatching(/^Cannot trust .*SSL/), []]);
  });
});

test("a proxy in the environment is not used by this Node unless asked for, and that is said", async () => {
  let reached = 0;
  const proxy = createServer((_, response) => void response.end()).on("connection", () => {
    reached += 1;
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const [hub, dir] = [await hubWith(), newFolder()];
  const { error, notices } = await download(hub, dir, { env: { HTTP_PROXY: address } });
  proxy.close();
  expect([error, reached, notices[0]]).toEqual([null, 0, expect.stringMatching(/^HTTP_PROXY is set but not used/)]);
  expect(readdirSync(dir)).toContain("model.safetensors");
});

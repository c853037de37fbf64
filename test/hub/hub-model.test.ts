/** Models named `hub:OWNER/NAME@REVISION`: one folder a commit in the user's cache, and what happens where the hub moves or is gone. */
// @needs engine, build, time

import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fetchHubModel } from "../../src/hub/hub-model.js";
import type { DownloadContext } from "../../src/hub/request.js";
import { readSettings } from "../../src/hub/settings.js";
import { CodiModel } from "../../src/index.js";
import type { FakeHub } from "../support/fake-hub.js";
import { hubWith, newFolder, weights } from "./helpers.js";

let cache = "";
beforeEach(() => {
  cache = newFolder();
  vi.stubEnv("CODILENS_CACHE", cache);
});
afterEach(() => vi.unstubAllEnvs());

const NEXT = "89abcdef0123456789abcdef0123456789abcdef";

/** A download's surroundings whose clock does not wait. */
function surroundings({ endpoint }: FakeHub, env = {}): { context: DownloadContext; notices: string[] } {
  const notices: string[] = [];
  const context: DownloadContext = {
    settings: readSettings({ HF_ENDPOINT: endpoint, ...env }),
    signal: new AbortController().signal,
    notice: (text) => void notices.push(text),
    now: Date.now,
    sleep: async () => undefined,
    progress: () => undefined,
    hold: () => () => undefined,
  };
  return { context, notices };
}

const fetched = async (name: string, hub: FakeHub, env = {}): Promise<{ folder: string; notices: string[] }> => {
  const { context, notices } = surroundings(hub, env);
  return { folder: await fetchHubModel(name, {}, context), notices };
};

describe("a model of the hub", () => {
  test("lies in the cache by its commit, and a commit that is there asks for no connection", async () => {
    const hub = await hubWith();
    const { folder } = await fetched("someone/model@main", hub);
    expect(folder).toBe(join(cache, "hub", "someone", hub.commit, "model"));
    expect(new Uint8Array(readFileSync(join(folder, "model.safetensors")))).toEqual(weights);
    const before = hub.connections();
    expect((await fetched(`someone/model@${hub.commit}`, hub)).folder).toBe(folder);
    expect(hub.connections()).toBe(before);
  });

  test("a branch that moved gives another folder; the old commit stays", async () => {
    const hub = await hubWith();
    const first = await fetched("someone/model", hub);
    hub.commit = NEXT;
    const second = await fetched("someone/model", hub);
    expect(second.folder).toBe(join(cache, "hub", "someone", NEXT, "model"));
    expect(readdirSync(first.folder)).toContain("model.safetensors");
  });

  test("where the hub is gone, the branch is what it was last time, with a notice; a branch never asked for is refused", async () => {
    const hub = await hubWith();
    const { folder } = await fetched("someone/model", hub);
    hub.always("/api/", { status: 503 });
    const again = await fetched("someone/model", hub);
    expect(again.folder).toBe(folder);
    expect(again.notices.at(-1)).toMatch(new RegExp(`tried 5 times.*; commit ${hub.commit}, .* is taken`));
    await expect(fetched("someone/model@other", hub)).rejects.toMatchObject({ exitCode: 5 });
  });

  test("offline nothing is asked: what is there is taken, what is not is refused", async () => {
    const hub = await hubWith();
    const { folder } = await fetched("someone/model", hub);
    const before = hub.connections();
    expect((await fetched("someone/model", hub, { HF_HUB_OFFLINE: "1" })).folder).toBe(folder);
    await expect(fetched("someone/other", hub, { HF_HUB_OFFLINE: "1" })).rejects.toThrow(
      /Offline, and .* not a complete/,
    );
    expect(hub.connections()).toBe(before);
  });

  test("a file that was damaged in the cache is fetched again", async () => {
    const hub = await hubWith();
    const { folder } = await fetched("someone/model", hub);
    writeFileSync(join(folder, "config.json"), "{}");
    await fetched("someone/model", hub);
    expect(readFileSync(join(folder, "config.json"), "utf8")).toBe('{"a":1}');
  });
});

describe("by name", () => {
  const files = Object.fromEntries(
    ["config.json", "codi.json", "tokenizer.json", "model.safetensors"].map((name) => [
      name,
      readFileSync(join("weights", "tiny-codi", name)),
    ]),
  );

  test("CodiModel.load fetches it, tells of it, and answers", async () => {
    const hub = await hubWith({ files });
    vi.stubEnv("HF_ENDPOINT", hub.endpoint);
    const [notices, setUp]: [string[], string[]] = [[], []];
    const model = await CodiModel.load("hub:someone/model@main", {
      onNotice: (text) => void notices.push(text),
      onProgress: (progress) => void (progress.setUp && setUp.push(progress.setUp)),
    });
    const { answer } = await model.run("Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?");
    model.dispose();
    expect(answer.text).toBe("The answer is: 7");
    expect(notices[0]).toMatch(/^someone\/model at [0-9a-f]{40}: 4 of 4 files/);
    expect(setUp.at(-1)).toMatch(/^(\d+) of \1 bytes fetched$/);
  });

  test("--model takes it too", async () => {
    const hub = await hubWith({ files });
    const env = { ...process.env, HF_ENDPOINT: hub.endpoint, CODILENS_CACHE: cache };
    // Not the synchronous kind: the hub answers from this process.
    const child = spawn(process.execPath, ["scripts/codilens.mjs", "weights", "inspect", "hub:someone/model"], { env });
    let stdout = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    const status = await new Promise((done) => child.once("close", done));
    expect([status, stdout.split("\n")[0]]).toEqual([
      0,
      "hub:someone/model: LLaMA of CODI's trainer without LoRA, with projection",
    ]);
  });
});

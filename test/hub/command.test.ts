/** `codilens weights download` as a process: streams, exit codes, signals, and what a kill leaves. */
// @needs build, time

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { FakeHub } from "../support/fake-hub.js";
import { hubWith, isWhole, newFolder, sizeOf } from "./helpers.js";

const TOKEN = "hf_secretSECRETsecret";

interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not the synchronous kind: the hub answers from this process. */
function start(hub: FakeHub, args: readonly string[], env = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ["scripts/codilens.mjs", "weights", "download", ...args], {
    env: { ...process.env, HF_ENDPOINT: hub.endpoint, HF_TOKEN: TOKEN, ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { child, ended };
}

const codilens = (hub: FakeHub, args: readonly string[], env = {}): Promise<Ended> => start(hub, args, env).ended;

/** A download whose connection hangs at byte 20,000, all of which are on disk. */
async function hanging(hub: FakeHub, dir: string): Promise<{ child: ChildProcess; ended: Promise<Ended> }> {
  hub.next("/model.safetensors", { cutAt: 20_000, until: () => false });
  const started = start(hub, ["someone/model", dir]);
  while (sizeOf(join(dir, "model.safetensors.part")) < 20_000) await new Promise((resolve) => setTimeout(resolve, 5));
  return started;
}

// Builds if that is due, so that its lines do not stand among the notices.
beforeAll(async () => {
  await codilens(await hubWith(), ["--help"]);
});

describe("streams", () => {
  test("the result on stdout, notices and progress as plain lines on stderr, the token nowhere", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { status, stdout, stderr } = await codilens(hub, ["someone/model@main", dir]);
    expect([status, isWhole(dir)]).toEqual([0, true]);
    expect(stdout).toBe(
      `${dir}: someone/model at ${hub.commit}, 2 files, 0.0 MiB, every hash right\n2 fetched (0.0 MiB received), 0 were there already\n`,
    );
    expect(stderr).toMatch(/^someone\/model at [0-9a-f]{40}: 2 of 2 files, .*\n(?:[\d.]+\/[\d.]+ MiB.*\n)+$/);
    expect(stderr).not.toContain("\u001b");
    expect(stdout + stderr + readFileSync(join(dir, ".codilens-download.json"), "utf8")).not.toContain(TOKEN);
    expect(hub.seen.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(existsSync(join(dir, ".codilens-lock"))).toBe(false);
  });

  test("--json is one document, --quiet says nothing else", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { status, stdout, stderr } = await codilens(hub, ["someone/model", dir, "--json", "--quiet"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      status: "complete",
      repository: "someone/model",
      commit: hub.commit,
      files: [{ name: "config.json" }, { name: "model.safetensors", sizeBytes: 50_000, fetched: true }],
    });
  });

  test("errors have their exit codes and one sentence each, with the text of the hub made harmless", async () => {
    const hub = await hubWith({ files: { "a\u001b[31m.safetensors": "x" } });
    const gated = await hubWith();
    gated.always("/resolve/", { status: 403, headers: { "x-error-code": "GatedRepo" }, body: TOKEN });
    const cases = await Promise.all([
      codilens(hub, ["someone/model"]),
      codilens(hub, ["not/a/name", newFolder()]),
      codilens(hub, ["someone/model", newFolder()], { HF_ENDPOINT: "nonsense" }),
      codilens(hub, ["someone/model", newFolder(), "--include", "*"]),
      codilens(gated, ["someone/model", newFolder(), "--debug"]),
      codilens(hub, ["someone/model", newFolder(), "--json"], { HF_HUB_OFFLINE: "1" }),
    ]);
    expect(cases.map(({ status }) => status)).toEqual([2, 2, 2, 3, 5, 5]);
    for (const { stdout, stderr } of cases) expect(stdout + stderr).not.toMatch(new RegExp(`\u001b|${TOKEN}`));
    expect(JSON.parse(cases[5]?.stderr ?? "")).toMatchObject({ status: "error", exitCode: 5 });
  });
});

describe("a process that ends half way", () => {
  test("killed outright: the same command asks for the rest only", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { child, ended } = await hanging(hub, dir);
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
    hub.seen.length = 0;
    const { status, stdout } = await codilens(hub, ["someone/model", dir, "--json"]);
    expect([status, hub.asked()]).toEqual([0, ["model.safetensors bytes=20000-"]]);
    expect(JSON.parse(stdout)).toMatchObject({ receivedBytes: 30_000 });
    expect(isWhole(dir)).toBe(true);
  });

  test("by SIGINT: 130, the part is kept, and the folder is free again", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { child, ended } = await hanging(hub, dir);
    child.kill("SIGINT");
    const { status, stderr } = await ended;
    expect([status, stderr]).toEqual([130, expect.stringMatching(/stopped; what was fetched is kept\./)]);
    expect(sizeOf(join(dir, "model.safetensors.part"))).toBe(20_000);
    expect(existsSync(join(dir, ".codilens-lock"))).toBe(false);
  });

  test("while it runs, a second one on the folder is refused", async () => {
    const [hub, dir] = [await hubWith(), newFolder()];
    const { child, ended } = await hanging(hub, dir);
    const { status, stderr } = await codilens(hub, ["someone/model", dir]);
    expect([status, stderr]).toEqual([4, expect.stringMatching(/is in use by process \d+/)]);
    child.kill("SIGTERM");
    expect((await ended).status).toBe(143);
  });
});

/** The engine's routes with broken tools: each failure leads to the next route or one clear line, never to a half-installed state. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { experiment, fakePip, makeProject, started } from "./fake-project.js";

describe("set-up of the engine", () => {
  test.each<[string, Parameters<typeof makeProject>[0], RegExp]>([
    ["a wrong hash", { sha256: "0".repeat(64) }, /has SHA-256 [0-9a-f]{12}…, wanted 000000000000…/],
    [
      "a cut download",
      { python: fakePip('printf half > "$dir/tf.whl"; echo "connection broken" >&2; exit 1') },
      /pip could not fetch tensorflow-cpu==9\.9\.9 \(connection broken\)/,
    ],
    ["a download that leaves nothing", { python: fakePip("exit 0") }, /pip fetched no file/],
    ["a missing Python", { python: null }, /Python with pip was not found/],
    ["a missing compiler", { compiler: null }, /no C\+\+ compiler was found/],
    ["a wheel that cannot be unpacked", {}, /could not be unpacked \(unpacking failed\)/],
  ])("%s leads to WASM with one line a route, and leaves nothing half-installed", (_, options, reason) => {
    const made = makeProject(options);
    const { status, stdout, lines } = experiment(made);
    expect([status, stdout]).toEqual([0, "ran\n"]);
    const notTaken = lines.filter((line) => line.includes("not taken"));
    expect(notTaken[0]).toMatch(reason);
    expect(notTaken[1]).toMatch(/route "download" not taken .*host not reachable/);
    expect(notTaken).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/engine: WASM \(slower\) .* because wheel: /);
    expect(readdirSync(join(made.cache, "engine"))).toEqual([]);
    const again = experiment(made);
    expect([again.stdout, again.lines]).toEqual(["ran\n", []]);
  });

  test("a forced native engine that cannot be had ends with 5 and says why; a forced WASM asks for nothing", () => {
    const made = makeProject({ compiler: null });
    const native = experiment(made, { CODILENS_ENGINE: "native" });
    expect(native.status).toBe(5);
    expect(native.lines.at(-1)).toMatch(/no native engine could be installed: .*compiler.*CODILENS_ENGINE=wasm/);
    const wasm = experiment(made, { CODILENS_ENGINE: "wasm" });
    expect([wasm.status, wasm.lines]).toEqual([0, []]);
    expect(experiment(made, { CODILENS_ENGINE: "cuda" })).toMatchObject({ status: 2 });
  });

  test("a cache that cannot be written is replaced by the project's own folder, with one line", () => {
    const made = makeProject({ compiler: null });
    writeFileSync(made.cache, "a file where the cache should be");
    const { status, lines } = experiment(made);
    expect(status).toBe(0);
    expect(lines[0]).toMatch(/cannot be written; using .*\.setup/);
  });

  test("two set-ups at once: the second waits and installs nothing again; a dead holder is taken over", async () => {
    const made = makeProject({ python: fakePip("sleep 1; exit 1") });
    mkdirSync(join(made.cache, "engine"), { recursive: true });
    writeFileSync(join(made.cache, "engine", ".lock"), JSON.stringify({ pid: 2 ** 22 + 1, start: "0" }));
    const outputs = await Promise.all([0, 1].map(() => started(made)));
    expect(outputs.map(({ code }) => code)).toEqual([0, 0]);
    expect(outputs.filter(({ stderr }) => stderr.includes("another set-up is running"))).toHaveLength(1);
    expect(outputs.filter(({ stderr }) => stderr.includes("fetching"))).toHaveLength(1);
    expect(existsSync(join(made.cache, "engine", ".lock"))).toBe(false);
  });
});

describe("the installed engine", () => {
  test("doctor says what is here and is content", () => {
    const { status, stdout } = spawnSync(process.execPath, ["scripts/codilens.mjs", "doctor", "--json"], {
      encoding: "utf8",
    });
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; found: string }[] };
    expect(checks.map(({ name }) => name)).toEqual([
      "Node",
      "dependencies",
      "engine",
      "CPU",
      "GPU",
      "WebGPU",
      "cache",
      "memory",
      "disk",
      "weights",
    ]);
    expect([status, checks.find(({ name }) => name === "weights")?.found]).toEqual([
      0,
      "tiny-coconut, tiny-coconut-pause, tiny-codi, tiny-pause",
    ]);
  });

  test("a missing binding is said in a sentence with the command to run, never replaced in silence", () => {
    const made = makeProject({});
    for (const name of ["dist", "weights"]) {
      rmSync(join(made.dir, name), { recursive: true, force: true });
      cpSync(name, join(made.dir, name), { recursive: true });
    }
    writeFileSync(join(made.dir, "package.json"), readFileSync("package.json"));
    rmSync(join(made.dir, "node_modules"), { recursive: true });
    symlinkSync(join(process.cwd(), "node_modules"), join(made.dir, "node_modules"));
    const script = `const { startEngine } = await import(${JSON.stringify(join(made.dir, "dist/model/tensor/engines/start.js"))}); const { createRequire } = await import("node:module"); const require = createRequire(${JSON.stringify(`${made.dir}/x.js`)}); const fs = require("node:fs"); const real = fs.existsSync; fs.existsSync = (p) => !String(p).endsWith(".node") && real(p); await startEngine("native").catch((e) => console.log(e.exitCode, e.message, e.hint));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      cwd: dirname(made.dir),
    });
    expect(stdout).toMatch(/^5 Cannot load the native engine: .*tfjs_binding\.node.* run `npx codilens setup`/s);
  });
});

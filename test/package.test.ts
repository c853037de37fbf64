/** The package as npm would publish it, installed in an empty folder with its scripts on, and used there as a new user does. */
// @needs build, deno, npm, time

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cacheRoot } from "../scripts/setup/cache-folder.mjs";
import { denoProgram } from "../scripts/setup/test-deno.mjs";
import { temporaryFolder } from "./support/temporary.js";
import { isWithout } from "./support/without.js";

const LINTERS = ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"];

/** One function of each entry. */
const ENTRIES: Readonly<Record<string, string>> = {
  ".": "CodiModel",
  "./analysis": "loadRun",
  "./browser": "LatentModel",
  "./statistics": "mcnemarExact",
  "./studies": "conditionsOf",
};

interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// A cache with the library that a clone built, and without tfjs-node-gpu, which a clone has among its own dependencies.
const cache = temporaryFolder("codilens-cache-");
symlinkSync(join(cacheRoot(), "engine"), join(cache, "engine"));

// What vitest and npm set for this process is not what a user's shell has.
const shell = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$)/i.test(name)),
  ),
  CODILENS_CACHE: cache,
};

function run(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Done {
  return spawnSync(program, args, { cwd, encoding: "utf8", env: { ...shell, ...env } });
}

const npm = (cwd: string, ...args: string[]): Done => run("npm", [...args, "--prefer-offline", "--loglevel=warn"], cwd);
const node = (cwd: string, ...args: string[]): Done => run(process.execPath, args, cwd);
const done = ({ status, stderr }: Done): [number | null, string] => [status, status === 0 ? "" : stderr];

const [, sample = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8")) ?? [];

function expectAnswers({ status, stdout, stderr }: Done): void {
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^The answer is: 10 The answer is: \d+ \[/);
  expect(stdout).toMatch(/\[ 1, 4, \d+, \d+ \]/);
}

let archive = "";
let home = "";
let installed: Done = { status: null, stdout: "", stderr: "" };

beforeAll(() => {
  const root = temporaryFolder("codilens-pack-");
  expect(done(npm(process.cwd(), "pack", "--pack-destination", root))).toEqual([0, ""]);
  archive = join(root, readdirSync(root)[0] ?? "");
  home = join(root, "an empty folder");
  mkdirSync(home);
  expect(done(npm(home, "init", "-y"))).toEqual([0, ""]);
  installed = npm(home, "install", archive);
}, 240_000);

describe("npm pack", () => {
  test("is complete and small, without training leftovers and the tests' scripts", () => {
    expect(statSync(archive).size).toBeLessThan(14.5e6);
    const packed = join(home, "node_modules", "codilens");
    const files = readdirSync(packed, { recursive: true, encoding: "utf8" }).map((each) => each.replaceAll("\\", "/"));
    expect(
      files.filter((each) =>
        /state\.pt$|\/make(?:\/|$)|test-(?:tools|python|deno)|scripts\/(?:test|check|dev)/.test(each),
      ),
    ).toEqual([]);
    const needed = [
      "dist/index.d.ts",
      "dist/lab/index.html",
      "dist/lab/example.json",
      "docs/hooks.md",
      "docs/studies.md",
      "weights/tiny-codi/model.safetensors",
      "weights/tiny-pause/model.safetensors",
      "weights/tiny-coconut/model.safetensors",
      "weights/tiny-coconut-pause/model.safetensors",
      "LICENSE",
    ];
    const kernels = readdirSync("scripts/setup/kernels").map((each) => `scripts/setup/kernels/${each}`);
    for (const each of [...needed, ...kernels, "scripts/setup/tfjs-lock.json", "assets/fonts/LICENSE"])
      expect(files).toContain(each);
  });

  test("publint and arethetypeswrong have nothing to say", () => {
    const tools = temporaryFolder("codilens-linters-");
    writeFileSync(join(tools, "package.json"), '{"private":true}');
    expect(done(npm(tools, "install", ...LINTERS))).toEqual([0, ""]);
    const bin = (name: string): string => join(tools, "node_modules", ".bin", name);
    const lint = run(bin("publint"), [archive, "--strict"], tools);
    expect([lint.status, lint.stdout]).toEqual([0, expect.stringContaining("All good!") as string]);
    // ESM alone, which every Node that the package allows can also require().
    const types = run(bin("attw"), [archive, "--profile", "esm-only"], tools);
    expect([types.status, types.status === 0 ? "" : types.stdout]).toEqual([0, ""]);
  }, 240_000);
});

describe("npm install", () => {
  test("ends with 0, warns of nothing grave, and runs no script of tfjs-node-gpu, which fetches a library of its own", () => {
    expect(done(installed)).toEqual([0, ""]);
    expect(installed.stdout + installed.stderr).not.toMatch(/(?:high|critical) severity|deprecated|npm error/i);
    expect(readdirSync(join(home, "node_modules", "@tensorflow"))).not.toContain("tfjs-node-gpu");
  });

  test("leaves an entry for each purpose, which Node imports", () => {
    const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> };
    const named = Object.keys(exports).filter((each) => !each.endsWith(".json"));
    expect(named.sort()).toEqual(Object.keys(ENTRIES).sort());
    const lines = Object.entries(ENTRIES).map(
      ([entry, name]) => `import { ${name} } from "${entry.replace(/^\./, "codilens")}"; console.log(typeof ${name});`,
    );
    writeFileSync(join(home, "entries.mjs"), lines.join("\n"));
    const { status, stdout, stderr } = node(home, "entries.mjs");
    expect([status, stdout.trim().split("\n"), stderr]).toEqual([0, lines.map(() => "function"), ""]);
  });

  test("leaves a command that helps and computes", () => {
    const bin = join(home, "node_modules", ".bin", "codilens");
    expect(run(bin, ["--help"], home).stdout).toContain("codilens experiment --layers 4,8,14");
    const experiment = run(bin, ["experiment", "--test-mode", "--out", "out", "--model", "tiny-codi"], home);
    expect(done(experiment)).toEqual([0, ""]);
    expect(experiment.stdout).toContain("baseline: 10 of 10 right");
    expect(existsSync(join(home, "out", "report.html"))).toBe(true);
  }, 240_000);

  test("without compiler, Python and registry the first load computes on WASM, says so in one line, and names the command that exists", () => {
    const bare = temporaryFolder("codilens-bare-");
    symlinkSync(process.execPath, join(bare, "node"));
    const file = join(home, "wasm.mjs");
    writeFileSync(
      file,
      'import { CodiModel } from "codilens"; console.log((await CodiModel.load("tiny-codi")).engine.name);',
    );
    const env = { PATH: bare, CODILENS_CACHE: join(bare, "cache"), npm_config_registry: "http://127.0.0.1:9/" };
    const { status, stdout, stderr } = run(process.execPath, [file], home, env);
    expect([status, stdout.trim()]).toEqual([0, "wasm"]);
    const said = stderr.split("\n").filter((line) => line.includes("engine: WASM"));
    expect(said).toEqual([expect.stringMatching(/because wheel: .*`npx codilens setup` tries again/) as string]);
    expect(node(join(home, "node_modules", "codilens"), "scripts/codilens.mjs", "doctor").stdout).not.toContain(
      "npm run",
    );
  }, 120_000);
});

describe("README's lines in that folder", () => {
  beforeAll(() => writeFileSync(join(home, "pens.mjs"), sample));

  test("in JavaScript", () => expectAnswers(node(home, "pens.mjs")), 120_000);

  test("in TypeScript, with what tsc --init writes", () => {
    mkdirSync(join(home, "typed"));
    writeFileSync(join(home, "typed", "pens.mts"), sample);
    const tsc = join(process.cwd(), "node_modules", "typescript", "bin", "tsc");
    expect(node(join(home, "typed"), tsc, "--init").status).toBe(0);
    const compiled = node(join(home, "typed"), tsc);
    expect([compiled.status, compiled.stdout]).toEqual([0, ""]);
    expectAnswers(node(join(home, "typed"), "pens.mjs"));
  }, 120_000);

  test("by require()", () => {
    const body = sample.replace(/import (\{[^}]*\}) from ("codilens");/, "const $1 = require($2);");
    expect(body).toContain('require("codilens")');
    writeFileSync(join(home, "pens.cjs"), `(async () => {\n${body}\n})();\n`);
    expectAnswers(node(home, "pens.cjs"));
  }, 120_000);

  test.skipIf(isWithout("deno"))(
    "in deno run",
    () => {
      expectAnswers(run(denoProgram(), ["run", "--allow-all", "pens.mjs"], home, { NO_COLOR: "1" }));
    },
    120_000,
  );
});

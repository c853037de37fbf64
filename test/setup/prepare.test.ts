/** Dependencies and build: done once, and again only when what they depend on changed. */
// @needs build, npm, time

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { experiment, makeProject } from "./fake-project.js";

type Made = ReturnType<typeof makeProject>;

/** A checkout: with sources, a lock file, an npm that logs its arguments, and a compiler that logs that it ran. */
function makeCheckout(npm = 'echo "$*" >> "$HOME/npm"; : > "$HOME/node_modules/.package-lock.json"'): Made {
  const made = makeProject({ compiler: null });
  const { dir, env } = made;
  mkdirSync(join(dir, "src"));
  for (const [name, text] of [
    ["src/a.ts", "export {};"],
    ["package-lock.json", "{}"],
    ["tsconfig.json", "{}"],
    ["tsconfig.build.json", "{}"],
  ] as const)
    writeFileSync(join(dir, name), text);
  const typescript = join(dir, "node_modules", "typescript");
  mkdirSync(join(typescript, "bin"), { recursive: true });
  writeFileSync(join(typescript, "package.json"), "{}");
  writeFileSync(
    join(typescript, "bin", "tsc"),
    `const fs = require("node:fs"), at = ${JSON.stringify(dir)}; fs.appendFileSync(at + "/tsc", "x");
     fs.mkdirSync(at + "/dist/cli", { recursive: true }); fs.writeFileSync(at + "/dist/cli/main.js", "export const lostOptions = () => null; export function runCli() { console.log('built'); }");
     // As the real one, it writes its output all the same.
     if (fs.readFileSync(at + "/src/a.ts", "utf8").includes("broken")) { console.log("src/a.ts: error TS1: broken"); process.exit(2); }`,
  );
  writeFileSync(join(dir, "bin", "npm"), `#!/bin/sh\n${npm}\n`);
  chmodSync(join(dir, "bin", "npm"), 0o755);
  env["CODILENS_ENGINE"] = "wasm";
  return made;
}

const counts = ({ dir }: Made): [number, number] => [
  existsSync(join(dir, "npm")) ? readFileSync(join(dir, "npm"), "utf8").trim().split("\n").length : 0,
  existsSync(join(dir, "tsc")) ? readFileSync(join(dir, "tsc"), "utf8").length : 0,
];

test("a second run installs and builds nothing; a changed source rebuilds; a changed lock file reinstalls", () => {
  const made = makeCheckout();
  const first = experiment(made);
  expect([first.status, first.stdout]).toEqual([0, "built\n"]);
  expect(readFileSync(join(made.dir, "npm"), "utf8")).toMatch(/^ci .*--ignore-scripts/);
  expect(first.lines.map((line) => line.replace(/\d+\.\d/, "T"))).toEqual([
    "codilens: installing npm dependencies …",
    "codilens: npm dependencies installed in T s",
    "codilens: building …",
    // The made checkout has no bundler.
    "codilens: not bundled, so that every command starts later: Cannot find module 'vite/package.json'",
    "codilens: built in T s",
  ]);
  expect([counts(made), experiment(made).lines, counts(made)]).toEqual([[1, 1], [], [1, 1]]);
  writeFileSync(join(made.dir, "src", "a.ts"), "export const a = 1;");
  experiment(made);
  expect(counts(made)).toEqual([1, 2]);
  writeFileSync(join(made.dir, "package-lock.json"), '{ "changed": true }');
  experiment(made);
  expect(counts(made)).toEqual([2, 2]);
});

test("a build that failed is not taken for a good one by the next run", () => {
  const made = makeCheckout();
  experiment(made);
  writeFileSync(join(made.dir, "src", "a.ts"), "broken");
  for (let k = 0; k < 2; k++)
    expect(experiment(made)).toMatchObject({
      status: 1,
      stdout: "",
      lines: expect.arrayContaining(["src/a.ts: error TS1: broken"]) as string[],
    });
});

test("what a failed build wrote is not used once the source is as it was", () => {
  const made = makeCheckout();
  experiment(made);
  const good = readFileSync(join(made.dir, "src", "a.ts"));
  writeFileSync(join(made.dir, "src", "a.ts"), "broken");
  experiment(made);
  writeFileSync(join(made.dir, "src", "a.ts"), good);
  expect([experiment(made).stdout, counts(made)]).toEqual(["built\n", [1, 3]]);
});

test("npm that cannot reach its registry ends with 5 and its own first line", () => {
  const made = makeCheckout("echo 'npm error code ENOTFOUND' >&2; exit 1");
  const { status, lines } = experiment(made);
  expect([status, lines.at(-1)]).toEqual([5, "codilens: npm ci failed (code ENOTFOUND). Is the registry reachable?"]);
});

/** The made checkout with the real npm and a lock file: the compiler is a dev dependency, and another package an optional one. */
function makeLocked(): Made {
  const made = makeCheckout();
  const { dir, env } = made;
  cpSync(join(dir, "node_modules", "typescript"), join(dir, "vendor", "typescript"), { recursive: true });
  mkdirSync(join(dir, "vendor", "canvas"), { recursive: true });
  for (const name of ["typescript", "canvas"])
    writeFileSync(join(dir, "vendor", name, "package.json"), JSON.stringify({ name, version: "1.0.0" }));
  const manifest = {
    name: "codilens",
    version: "0.1.0",
    type: "module",
    devDependencies: { typescript: "file:vendor/typescript" },
    optionalDependencies: { canvas: "file:vendor/canvas" },
  };
  const local = (name: string) => ({ resolved: `vendor/${name}`, link: true });
  const packages = {
    "": manifest,
    "node_modules/canvas": { ...local("canvas"), optional: true },
    "node_modules/typescript": { ...local("typescript"), dev: true },
    "vendor/canvas": { version: "1.0.0", optional: true },
    "vendor/typescript": { version: "1.0.0", dev: true },
  };
  writeFileSync(join(dir, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(dir, "package-lock.json"), JSON.stringify({ name: "codilens", lockfileVersion: 3, packages }));
  rmSync(join(dir, "node_modules"), { recursive: true });
  // The npm that started the tests, else the one on the PATH.
  const cli = process.env["npm_execpath"] ?? realpathSync(execFileSync("which", ["npm"], { encoding: "utf8" }).trim());
  Object.assign(env, { npm_execpath: cli, npm_config_cache: join(dir, "npm-cache"), npm_config_offline: "true" });
  return made;
}

describe("the real npm brings the compiler and optional packages", () => {
  test.each<[string, NodeJS.ProcessEnv, string]>([
    ["NODE_ENV=production and omit=dev in the environment", { NODE_ENV: "production", npm_config_omit: "dev" }, ""],
    ["omit=dev and omit=optional in a .npmrc", {}, "omit[]=dev\nomit[]=optional\n"],
    [
      "only, production and optional=false",
      { npm_config_production: "true", npm_config_optional: "false" },
      "only=production\n",
    ],
    [
      "ignore-scripts, global, no lock file and a dry run",
      { npm_config_global: "true" },
      "ignore-scripts=true\npackage-lock=false\ndry-run=true\n",
    ],
  ])("under %s", (_, more, npmrc) => {
    const made = makeLocked();
    writeFileSync(join(made.dir, "user.npmrc"), npmrc);
    const env = { ...more, npm_config_userconfig: join(made.dir, "user.npmrc") };
    const { status, stdout, lines } = experiment(made, env);
    expect([status, stdout, lines.filter((line) => /fail|error/i.test(line))]).toEqual([0, "built\n", []]);
    expect(readdirSync(join(made.dir, "node_modules")).sort()).toEqual([".package-lock.json", "canvas", "typescript"]);
    expect(experiment(made, env).lines).toEqual([]);
  });
});

test("the real npm works for a user id without a name and without HOME, and where HOME cannot be written", () => {
  const made = makeLocked();
  const { dir, env } = made;
  const { npm_config_cache: _, HOME: __, ...bare } = env;
  const isRoot = process.getuid?.() === 0;
  const closed = join(dir, "closed");
  mkdirSync(closed);
  chmodSync(closed, 0o555);
  // The tests' temporary folder is its maker's alone.
  chmodSync(dirname(dir), 0o755);
  if (isRoot) execFileSync("chown", ["-R", "12345:12345", dir]);
  const as = isRoot ? ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"] : [];
  for (const home of isRoot ? [{}, { HOME: "/" }] : [{ HOME: closed }]) {
    rmSync(join(dir, "node_modules"), { recursive: true, force: true });
    const [program = "", ...args] = [...as, process.execPath, join(dir, "scripts", "codilens.mjs"), "experiment"];
    const PATH = `${bare["PATH"] ?? ""}:/usr/bin:/bin`;
    const { status, stdout, stderr } = spawnSync(program, args, {
      encoding: "utf8",
      cwd: dir,
      env: { ...bare, PATH, ...home },
    });
    expect([status, stdout, stderr.match(/.*(?:failed|error).*/i)]).toEqual([0, "built\n", null]);
  }
});

test("installed as a package, without sources, nothing is installed or compiled", () => {
  const made = makeCheckout();
  mkdirSync(join(made.dir, "dist", "cli"), { recursive: true });
  rmSync(join(made.dir, "src"), { recursive: true });
  expect([experiment(made).stdout, counts(made)]).toEqual(["ran\n", [0, 0]]);
});

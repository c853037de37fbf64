/** An installation of this package with the real engine in a cache beside it, as an administrator sets it up for others. */

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const { installedEngine } = (await import(new URL("../../scripts/setup/engine.mjs", import.meta.url).href)) as {
  installedEngine(): { engine: string; binding?: string } | null;
};

/** A user id without an entry in /etc/passwd. */
const NOBODY = "12345";
const isRoot = process.getuid?.() === 0;

/** Folder of the installation, of a cache with a finished engine, of an empty cache, and of the other user's home. */
export interface Installation {
  readonly dir: string;
  readonly cache: string;
  readonly empty: string;
  readonly home: string;
}

/** Copies by links to the same bytes where that is possible: an engine has 1 GB. */
function copied(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  if (spawnSync("cp", ["-al", from, to]).status === 0) return;
  rmSync(to, { recursive: true, force: true });
  execFileSync("cp", ["-a", from, to]);
}

/** Everything belongs to this user and can be read by all; what another user may write is `home` alone. */
export function installation(): Installation {
  const root = temporaryFolder("codilens-shared-");
  // The tests' temporary folders are their maker's alone.
  for (const each of [dirname(root), root]) chmodSync(each, 0o755);
  const [dir, cache, empty, home] = ["opt", "cache", "empty", "home"].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const each of ["scripts", "dist", "weights", "assets", "package.json"])
    cpSync(each, join(dir, each), { recursive: true });
  copied("node_modules", join(dir, "node_modules"));
  rmSync(join(dir, "node_modules", "@tensorflow", "tfjs-node-gpu", ".codilens-engine.json"), { force: true });
  const { binding = "" } = installedEngine() ?? {};
  expect(basename(binding), "the tests' own engine is native").toBe("tfjs_binding.node");
  const build = join(cache, "engine", basename(dirname(binding)));
  copied(dirname(binding), build);
  // Earlier versions left it to its maker alone.
  chmodSync(build, 0o755);
  const complete = JSON.parse(readFileSync(join(build, "complete.json"), "utf8")) as Record<string, unknown>;
  rmSync(join(build, "complete.json"));
  writeFileSync(join(build, "complete.json"), JSON.stringify({ ...complete, layout: 2, computes: true }));
  mkdirSync(empty);
  mkdirSync(home);
  if (isRoot) execFileSync("chown", [`${NOBODY}:${NOBODY}`, home]);
  return { dir, cache, empty, home };
}

/** Without rights of root, what another user cannot write is closed to this one. */
export function close({ dir, cache, empty }: Installation, closed = true): void {
  if (isRoot) return;
  for (const each of [
    dir,
    join(dir, "node_modules", "@tensorflow", "tfjs-node-gpu"),
    cache,
    join(cache, "engine"),
    empty,
  ])
    if (existsSync(each)) chmodSync(each, closed ? 0o555 : 0o755);
}

/** Runs a command of the installation as the other user, with nothing in the environment but what is given. */
export function asOther(
  { dir, home }: Installation,
  env: NodeJS.ProcessEnv,
  ...args: string[]
): { status: number | null; stdout: string; stderr: string; lines: string[] } {
  const command = [process.execPath, join(dir, "scripts", "codilens.mjs"), ...args];
  const as = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", ...command];
  const [program = "", ...rest] = isRoot ? as : command;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: "utf8",
    cwd: home,
    env: { PATH: process.env["PATH"], TMPDIR: home, TF_CPP_MIN_LOG_LEVEL: "3", ...env },
  });
  const lines = stderr
    .split("\n")
    .filter((line) => /^(?:codilens|error|npm):|^ {2}→/.test(line) || / at .*\.m?js:/.test(line));
  return { status, stdout, stderr, lines };
}

/** Names in a folder. */
export function names(folder: string): string[] {
  return readdirSync(folder).sort();
}

/** A checkout on a machine that turns line ends into CRLF: git itself clones, and files, hashes and the run's name stay the same. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const TRACKED = [".gitattributes", "package.json", "README.md", "weights", "scripts", "test/fixtures"] as const;

function git(folder: string, ...args: string[]): void {
  const who = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  const done = spawnSync("git", ["-C", folder, ...who, ...args], { encoding: "utf8", env });
  expect([args[0], done.status, done.status === 0 ? "" : done.stderr]).toEqual([args[0], 0, ""]);
}

/** A repository of these files, cloned as Git for Windows does by default. */
function cloned(files: readonly string[]): string {
  const origin = temporaryFolder("codilens-origin-");
  for (const each of files) cpSync(each, join(origin, each), { recursive: true });
  git(origin, "init", "--quiet");
  git(origin, "add", "--all");
  git(origin, "commit", "--quiet", "--message", "all");
  const clone = join(temporaryFolder("codilens-clone-"), "clone");
  git(origin, "clone", "--quiet", "-c", "core.autocrlf=true", origin, clone);
  return clone;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

const changed = (clone: string): string[] =>
  TRACKED.filter((each) => statSync(each).isDirectory())
    .flatMap(filesBelow)
    .filter((file) => !readFileSync(file).equals(readFileSync(join(clone, relative(".", file)))));

/** Runs the clone's own command line over this checkout's dependencies and build. */
function codilens(clone: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { cwd: clone, encoding: "utf8" });
}

test("a clone with core.autocrlf=true has the same bytes, passes verify, and names the run alike", () => {
  const clone = cloned(TRACKED);
  expect(changed(clone)).toEqual([]);
  cpSync("dist", join(clone, "dist"), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(clone, "node_modules"));
  const verified = codilens(clone, "weights", "verify", "weights/tiny-codi", "--json");
  expect([verified.status, verified.stderr.match(/error:.*/)]).toEqual([0, null]);
  const run = (folder: string): string => {
    const { status, stdout } = codilens(folder, "experiment", "--test-mode", "--layers", "4", "--dry-run", "--json");
    expect(status).toBe(0);
    const { dir } = JSON.parse(stdout) as { dir: string };
    return relative(folder, dir);
  };
  expect(run(clone)).toBe(run(process.cwd()));
});

test("without the attributes git would change data that has a hash", () => {
  const clone = cloned(TRACKED.filter((each) => each !== ".gitattributes"));
  expect(changed(clone)).toEqual(expect.arrayContaining(["weights/tiny-codi/problems_100.jsonl"]) as string[]);
});

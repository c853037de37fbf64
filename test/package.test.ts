/** The package as npm would publish it, installed somewhere else. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "./support/temporary.js";

test("npm pack, installed in an empty folder with blanks in its name, runs --help and the test-mode experiment", () => {
  const root = temporaryFolder("codilens-pack-");
  const npm = (args: string[], cwd: string): { status: number | null; stderr: string } =>
    spawnSync("npm", [...args, "--loglevel=error"], { cwd, encoding: "utf8" });
  expect(npm(["pack", "--ignore-scripts", "--pack-destination", root], process.cwd()).status).toBe(0);
  const [archive = ""] = readdirSync(root);
  const home = join(root, "an empty folder");
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), "{}");
  const installed = npm(
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", join(root, archive)],
    home,
  );
  expect([installed.status, installed.status === 0 ? "" : installed.stderr]).toEqual([0, ""]);
  const bin = join(home, "node_modules", ".bin", "codilens");
  const run = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(bin, args, { cwd: home, encoding: "utf8" });
  expect(run("--help").stdout).toContain("codilens experiment --layers 4,8,14");
  const experiment = run("experiment", "--test-mode", "--out", "out");
  expect([experiment.status, experiment.status === 0 ? "" : experiment.stderr]).toEqual([0, ""]);
  expect(experiment.stdout).toContain("baseline: 10 of 10 right");
  expect(existsSync(join(home, "out", "report.html"))).toBe(true);
}, 240_000);

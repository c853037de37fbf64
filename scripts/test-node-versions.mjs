/**
 * Runs `npm test` under several versions of Node, whose binaries npm's own packages `node@22`, `node@24` bring:
 * node scripts/test-node-versions.mjs [MAJOR …] [-- arguments for vitest]
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { cacheRoot, exists, project, say } from "./setup/places.mjs";

const args = process.argv.slice(2);
const cut = args.indexOf("--");
const majors = (cut < 0 ? args : args.slice(0, cut)).map(Number);
const more = cut < 0 ? [] : args.slice(cut + 1);

/** Path of the binary of this major version, installed into the cache where it is missing. */
function nodeOf(major) {
  const home = join(cacheRoot(), "node", String(major));
  const binary = join(home, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  if (exists(binary)) return binary;
  mkdirSync(home, { recursive: true });
  // The package's install script puts the binary in place, and newer npm runs only scripts that are allowed by name.
  writeFileSync(join(home, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
  const install = () =>
    spawnSync("npm", ["install", `node@${major}`, "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: home,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
  const first = install();
  if (!exists(binary)) install();
  if (exists(binary)) return binary;
  const why = first.stderr
    ?.split("\n")
    .filter((line) => line.startsWith("npm error"))
    .slice(0, 2)
    .join(", ");
  throw new Error(`npm could not bring node@${major} (${why || first.error?.message || "it installed no binary"})`);
}

const results = [];
for (const major of majors.length > 0 ? majors : [20, 22, 24]) {
  try {
    const binary = nodeOf(major);
    const version = spawnSync(binary, ["--version"], { encoding: "utf8" }).stdout.trim();
    say(`tests under Node ${version}`);
    // Tests start further processes by name: they must find the same Node first.
    const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` };
    delete env.npm_execpath;
    delete env.npm_node_execpath;
    const { status, stdout } = spawnSync(binary, [join(project, "scripts", "test.mjs"), ...more], {
      cwd: project,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) process.stdout.write(stdout);
    results.push({ name: `Node ${version}`, line: stdout.trim().split("\n").at(-1), ok: status === 0 });
  } catch (error) {
    results.push({ name: `Node ${major}`, line: error.message, ok: false });
  }
}
for (const { name, line, ok } of results) process.stdout.write(`${ok ? "ok  " : "FAIL"} ${name}: ${line}\n`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;

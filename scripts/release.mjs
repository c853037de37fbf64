/**
 * `npm run release -- VERSION`: says what a release would do and what is in its way. With `--go` it does it: version, commit, tag, package.
 * Nothing leaves this machine; the last lines say how to publish. `--without-check` leaves out `npm run check`, which else comes first.
 */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { faultsOf, isNewer, releases } from "./changelog.mjs";
import { npm } from "./setup/npm.mjs";
import { project, say, setupError } from "./setup/places.mjs";

const CHANGED = ["package.json", "package-lock.json", "CITATION.cff"];

function main() {
  const { version, go, check } = asked();
  const faults = obstacles(version);
  for (const each of faults) say(`in the way: ${each}`);
  if (faults.length > 0) throw setupError(`${version} is not released: ${faults.length} in the way, named above`, 2);
  const steps = stepsTo(version, check);
  if (!go) {
    say(`${version} could be released. With --go:`);
    for (const { words } of steps) say(`  ${words}`);
    return;
  }
  for (const { words, run } of steps) {
    say(words);
    run();
  }
  say(`done. To publish: git push --follow-tags, then npm publish codilens-${version}.tgz`);
}

function asked() {
  const options = {
    go: { type: "boolean", default: false },
    "dry-run": { type: "boolean", default: false },
    "without-check": { type: "boolean", default: false },
  };
  const usage = "npm run release -- VERSION [--go] [--without-check], VERSION as in 0.2.0";
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [version = "", ...more] = positionals;
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version) || more.length > 0)
      throw new Error(`"${positionals.join(" ")}" is no version`);
    return { version, go: values.go && !values["dry-run"], check: !values["without-check"] };
  } catch (error) {
    throw setupError(`${error.message}; wanted: ${usage}`, 2);
  }
}

/** @returns a sentence for each thing that is not as a release needs it. */
function obstacles(version) {
  const changelog = readFileSync(join(project, "CHANGELOG.md"), "utf8");
  const unreleased = releases(changelog).find(({ name }) => name === "Unreleased");
  const now = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).version;
  const branch = git("rev-parse", "--abbrev-ref", "HEAD");
  const changes = git("status", "--porcelain");
  return [
    ...(branch === "main" ? [] : [`the branch is ${branch}, wanted main`]),
    ...(changes === "" ? [] : [`uncommitted changes: ${changes.split("\n")[0].trim()}`]),
    ...(git("tag", "--list", `v${version}`) === "" ? [] : [`the tag v${version} is there already`]),
    ...(isNewer(version, now) ? [] : [`${version} is not after ${now}, the version of package.json`]),
    ...faultsOf(changelog, version).map((each) => `CHANGELOG.md: ${each}`),
    ...((unreleased?.lines.length ?? 0) > 0 ? ["CHANGELOG.md: lines still stand under Unreleased"] : []),
  ];
}

function stepsTo(version, check) {
  const first = { words: "npm run check", run: () => inherit(process.execPath, join(project, "scripts", "check.mjs")) };
  const rest = [
    { words: `version ${version} in ${CHANGED.join(", ")}`, run: () => setVersion(version) },
    {
      words: `commit "chore(release): ${version}"`,
      run: () => git("commit", "--quiet", "-m", `chore(release): ${version}`, "--", ...CHANGED),
    },
    { words: `tag v${version}`, run: () => git("tag", "--annotate", `v${version}`, "-m", `CodiLens ${version}`) },
    { words: `npm pack: codilens-${version}.tgz`, run: () => ownNpm("pack", "--loglevel=warn") },
  ];
  return check ? [first, ...rest] : rest;
}

function setVersion(version) {
  ownNpm("version", version, "--no-git-tag-version");
  const file = join(project, "CITATION.cff");
  const today = new Date().toISOString().slice(0, 10);
  const text = readFileSync(file, "utf8")
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^date-released: .*$/m, `date-released: ${today}`);
  writeFileSync(file, text);
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: project, encoding: "utf8" });
  if (status !== 0) throw setupError(`git ${args[0]} failed: ${stderr.trim() || stdout.trim()}`, 1);
  return stdout.trim();
}

function ownNpm(...args) {
  const { status, stderr, stdout } = npm(args, project);
  if (status !== 0) throw setupError(`npm ${args[0]} failed: ${stderr.trim() || stdout.trim()}`, 1);
}

function inherit(program, ...args) {
  const { status } = spawnSync(program, args, { cwd: project, stdio: "inherit" });
  if (status !== 0) throw setupError("the check failed; nothing was changed", 1);
}

try {
  main();
} catch (error) {
  say(error.exitCode === undefined ? `the release could not run: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
}

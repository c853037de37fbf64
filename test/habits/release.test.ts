/** `npm run release` in a clone of its own: what it does, what it leaves alone, and what is in its way. */
// @needs npm, time

import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const FILES = ["package.json", "package-lock.json", "CITATION.cff", "README.md", "LICENSE", ".gitignore", "scripts"];
const env = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  ...Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) => [
      [`GIT_${who}_NAME`, "test"],
      [`GIT_${who}_EMAIL`, "test@localhost"],
    ]),
  ),
};

let clone = "";

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: clone, encoding: "utf8", env });
  expect([args[0], status, status === 0 ? "" : stderr]).toEqual([args[0], 0, ""]);
  return stdout.trim();
}

function release(...args: string[]): { status: number | null; lines: string[] } {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/release.mjs", ...args], {
    cwd: clone,
    encoding: "utf8",
    env,
  });
  return {
    status,
    lines: stderr
      .trim()
      .split("\n")
      .map((line) => line.replace("codilens: ", "")),
  };
}

function write(file: string, text: string): void {
  writeFileSync(join(clone, file), text);
}

const read = (file: string): string => readFileSync(join(clone, file), "utf8");

// Without src it is what the package is made of, and nothing has to be built.
beforeEach(() => {
  clone = temporaryFolder("codilens-release-");
  for (const each of FILES) cpSync(each, join(clone, each), { recursive: true });
  write("CHANGELOG.md", "# Changelog\n\n## 0.2.0\n\n### Added\n\n- More.\n\n## 0.1.0\n\nThe first.\n");
  git("init", "--quiet", "--initial-branch=main");
  git("add", "--all");
  git("commit", "--quiet", "--message", "all");
});

describe("npm run release", () => {
  test("by default says what it would do, and does nothing", () => {
    const before = git("rev-parse", "HEAD");
    for (const more of [[], ["--go", "--dry-run"]])
      expect(release("0.2.0", ...more)).toEqual({
        status: 0,
        lines: [
          "0.2.0 could be released. With --go:",
          "  npm run check",
          "  version 0.2.0 in package.json, package-lock.json, CITATION.cff",
          '  commit "chore(release): 0.2.0"',
          "  tag v0.2.0",
          "  npm pack: codilens-0.2.0.tgz",
        ],
      });
    expect([git("rev-parse", "HEAD"), git("status", "--porcelain"), git("tag")]).toEqual([before, "", ""]);
  });

  test("with --go sets the version everywhere, commits, tags and packs", () => {
    const { status, lines } = release("0.2.0", "--go", "--without-check");
    expect([status, lines.at(-1)]).toEqual([
      0,
      "done. To publish: git push --follow-tags, then npm publish codilens-0.2.0.tgz",
    ]);
    const lock = JSON.parse(read("package-lock.json")) as { version: string; packages: { "": { version: string } } };
    const { version } = JSON.parse(read("package.json")) as { version: string };
    expect([version, lock.version, lock.packages[""].version]).toEqual(["0.2.0", "0.2.0", "0.2.0"]);
    expect(read("CITATION.cff")).toMatch(/^version: 0\.2\.0\ndate-released: \d{4}-\d\d-\d\d$/m);
    expect([git("log", "--format=%s", "-1"), git("status", "--porcelain")]).toEqual(["chore(release): 0.2.0", ""]);
    expect([git("rev-parse", "v0.2.0^{commit}"), git("cat-file", "-t", "v0.2.0")]).toEqual([
      git("rev-parse", "HEAD"),
      "tag",
    ]);
    const packed = spawnSync("tar", ["-xzOf", "codilens-0.2.0.tgz", "package/package.json"], {
      cwd: clone,
      encoding: "utf8",
    });
    expect((JSON.parse(packed.stdout) as { version: string }).version).toBe("0.2.0");
  });

  test.each<[string, string, () => void, string]>([
    ["another branch", "0.2.0", () => git("checkout", "--quiet", "-b", "other"), "the branch is other, wanted main"],
    ["uncommitted changes", "0.2.0", () => write("README.md", "new"), "uncommitted changes: M README.md"],
    ["a tag that is there", "0.2.0", () => git("tag", "v0.2.0"), "the tag v0.2.0 is there already"],
    ["no heading", "0.3.0", () => {}, 'CHANGELOG.md: there is no heading "## 0.3.0"'],
    ["an older version", "0.1.0", () => {}, "0.1.0 is not after 0.1.0, the version of package.json"],
    [
      "lines under Unreleased",
      "0.2.0",
      () => {
        write("CHANGELOG.md", read("CHANGELOG.md").replace("## 0.2.0", "## Unreleased\n\n- New.\n\n## 0.2.0"));
        git("commit", "--quiet", "--all", "--message", "more");
      },
      "CHANGELOG.md: lines still stand under Unreleased",
    ],
  ])("%s is in the way, and nothing is done", (_, version, make, fault) => {
    make();
    const [before, tags] = [git("rev-parse", "HEAD"), git("tag")];
    const { status, lines } = release(version, "--go", "--without-check");
    expect([status, lines]).toEqual([
      2,
      [`in the way: ${fault}`, `${version} is not released: 1 in the way, named above`],
    ]);
    expect([git("rev-parse", "HEAD"), git("tag")]).toEqual([before, tags]);
  });

  test.each([[[]], [["next"]], [["0.2"]], [["0.2.0", "0.3.0"]], [["0.2.0", "--push"]]])(
    "%j: is refused with its usage",
    (args) => {
      const { status, lines } = release(...args);
      expect([status, lines.join(" ")]).toEqual([
        2,
        expect.stringContaining("wanted: npm run release -- VERSION [--go]") as string,
      ]);
    },
  );
});

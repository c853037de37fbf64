/** Files that a site, an editor or a container reads, and that nothing else here would miss. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const read = (file: string): string => readFileSync(file, "utf8");
const { scripts, engines } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

describe("templates", () => {
  const forms = readdirSync(".github/ISSUE_TEMPLATE").filter((each) => each !== "config.yml");

  test.each([...forms.map((each) => `.github/ISSUE_TEMPLATE/${each}`), ".github/PULL_REQUEST_TEMPLATE.md"])(
    "%s asks for doctor's output, by a command that exists",
    (file) => {
      expect(read(file)).toMatch(/`npm run doctor`/);
      expect(scripts["doctor"]).toBeDefined();
      expect(forms.length).toBeGreaterThanOrEqual(2);
    },
  );
});

describe("hosted CI", () => {
  const workflow = read(".github/workflows/ci.yml");

  test("runs on three systems and on every Node that package.json allows, and says that it is untried", () => {
    expect(workflow).toMatch(/os: \[ubuntu-latest, macos-latest, windows-latest\]/);
    const [, versions = ""] = /node: \[([\d, ]+)\]/.exec(workflow) ?? [];
    expect(versions).toBe("20, 22, 24");
    expect(engines.node).toBe(">=20.19");
    expect(workflow.startsWith("# Untried: ")).toBe(true);
  });

  test("runs commands that exist", () => {
    const commands = [...workflow.matchAll(/^\s+run: (.+)$/gm)].map(([, command]) => command);
    expect(commands).toEqual(["bash .ci/run", "npm test"]);
    expect(read(".ci/run")).toContain("npm test");
  });
});

test("SECURITY.md speaks of pickles, study files and downloads", () => {
  for (const each of [/pickle/i, /study files/i, /downloads/i, /private/i]) expect(read("SECURITY.md")).toMatch(each);
});

test("the dev container is JSON, and sets up by commands that exist", () => {
  const { image, postCreateCommand } = JSON.parse(read(".devcontainer/devcontainer.json")) as Record<string, string>;
  expect(image).toMatch(/javascript-node:2[024]/);
  expect(postCreateCommand).toContain("npm run setup");
  expect(scripts["setup"]).toBeDefined();
});

test("git takes text as text with LF, and fixtures and weights as bytes", () => {
  const files = ["src/index.ts", "README.md", "weights/tiny-codi/problems_100.jsonl", "test/fixtures/checkpoint.json"];
  const { stdout } = spawnSync("git", ["check-attr", "text", "eol", "--", ...files], { encoding: "utf8" });
  expect(stdout.trim().split("\n")).toEqual([
    "src/index.ts: text: auto",
    "src/index.ts: eol: lf",
    "README.md: text: auto",
    "README.md: eol: lf",
    "weights/tiny-codi/problems_100.jsonl: text: unset",
    "weights/tiny-codi/problems_100.jsonl: eol: lf",
    "test/fixtures/checkpoint.json: text: unset",
    "test/fixtures/checkpoint.json: eol: lf",
  ]);
  expect(read(".editorconfig")).toMatch(/^root = true\n\n\[\*\]\ncharset = utf-8\nend_of_line = lf$/m);
});

test("git ignores what the commands here write", () => {
  const written = ["site/index.html", "dist/index.js", "results/a/report.html", "codilens-0.2.0.tgz", "node_modules/a"];
  const { stdout } = spawnSync("git", ["check-ignore", "--no-index", ...written], { encoding: "utf8" });
  expect(stdout.trim().split("\n")).toEqual(written);
});

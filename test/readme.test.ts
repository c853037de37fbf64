/** What the README shows runs as printed. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const readme = readFileSync("README.md", "utf8");

describe("README", () => {
  test("the ten-line intervention runs as printed", () => {
    const [, sample = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(sample).toContain("CodiModel.load");
    // In the package's folder, where its own name resolves to itself.
    const file = `readme-sample-${process.pid}.mts`;
    try {
      writeFileSync(file, sample);
      const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", file], { encoding: "utf8" });
      expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^The answer is: 10 The answer is: \d+ \[/);
      expect(stdout).toMatch(/planned: 1,\s+count: 1/);
      expect(stdout).toMatch(/\[ 1, 4, \d+, \d+ \]/);
    } finally {
      rmSync(file, { force: true });
    }
  });

  test("every file it links to is there", () => {
    const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, target]) => target ?? "");
    expect(targets.length).toBeGreaterThan(10);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });

  test("docs/hooks.md is what the table of sites generates", async () => {
    const { hooksPage } = (await import("../scripts/hooks-doc.mjs" as string)) as { hooksPage: () => Promise<string> };
    expect(readFileSync("docs/hooks.md", "utf8")).toBe(await hooksPage());
  });
});

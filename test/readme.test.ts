/** What the README shows runs as printed. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const readme = readFileSync("README.md", "utf8");

describe("README", () => {
  test("the intervention runs as printed", () => {
    const [, sample = ""] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    expect(sample).toContain("CodiModel.load");
    // In the package's folder, where its own name resolves to itself.
    const file = `readme-sample-${process.pid}.mjs`;
    try {
      writeFileSync(file, sample);
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8" });
      expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(/^The answer is: 10 The answer is: \d+ \[/);
      expect(stdout).toMatch(/planned: 1,\s+count: 1/);
      expect(stdout).toMatch(/\[ 1, 4, \d+, \d+ \]/);
    } finally {
      rmSync(file, { force: true });
    }
  });

  test("leads a newcomer from the picture to where to read on, in under 900 words", () => {
    const [guide = "", reference] = readme.split(/^# Reference$/m);
    expect(reference).toBeDefined();
    expect(guide.split(/\s+/).length).toBeLessThan(900);
    expect([...guide.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      "CodiLens",
      "Quick start",
      "The page",
      "What you get",
      "Your own intervention",
      "Install as a package",
      "Your own checkpoint",
      "Where to read on",
    ]);
    const [, picture = "", what = "", terms = ""] = guide.split("\n\n");
    expect(picture).toMatch(/^!\[[^\]]+\]\(assets\/lab\.png\)$/);
    expect(what.split(/(?<=\.) /)).toHaveLength(3);
    for (const term of ["CODI", "latent", "BOT, EOT", "protocol", "the original study"])
      expect(terms).toMatch(new RegExp(`^\\| ${term} \\| \\S`, "m"));
    expect(terms).toContain("[Shen et al. 2025](https://arxiv.org/abs/2502.21074)");
  });

  test("names only commands and options that there are", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const lines = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text = ""]) => text.trim().split("\n"));
    const commands = lines.flatMap(
      (line) => /^(?:npm run|npx codilens) (\S+)(.*?)(?: {2,}#.*| # .*)?$/.exec(line) ?? [],
    );
    expect(lines.filter((line) => /^(?:npm run|npx codilens) /.test(line)).length).toBeGreaterThan(15);
    for (let at = 0; at < commands.length; at += 3) {
      const [, name = "", rest = ""] = commands.slice(at, at + 3);
      expect(Object.keys(scripts)).toContain(name);
      const sub = name === "weights" ? [/^ -- (\S+)/.exec(rest)?.[1] ?? ""] : [];
      const program = ["scripts/codilens.mjs", name, ...sub, "--help"];
      const help = spawnSync(process.execPath, program, { encoding: "utf8" });
      expect([program.join(" "), help.status]).toEqual([program.join(" "), 0]);
      for (const [option] of rest.matchAll(/--[a-z][a-z-]+/g))
        expect([name, option, help.stdout.includes(option)]).toEqual([name, option, true]);
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

/** What an installed package's set-up fetches is what the repository's own lock names, hash by hash. */
// @needs nothing

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Lock {
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const read = (file: string): Lock => JSON.parse(readFileSync(file, "utf8")) as Lock;

test("scripts/setup/tfjs-lock.json is the part of package-lock.json that tfjs-node-gpu needs", () => {
  const [all, part] = [read("package-lock.json"), read("scripts/setup/tfjs-lock.json")];
  const { "": root, ...others } = part.packages;
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const name = "@tensorflow/tfjs-node-gpu";
  expect(root?.["dependencies"]).toEqual({ [name]: devDependencies[name] });
  expect(Object.keys(others)).toContain(`node_modules/${name}`);
  for (const [place, entry] of Object.entries(others)) {
    const { dev: _, ...own } = all.packages[place] ?? {};
    expect([place, entry]).toEqual([place, own]);
    // Every dependency is in the part too, where Node would find it.
    for (const each of Object.keys((entry["dependencies"] ?? {}) as object))
      expect(Object.keys(others).some((other) => other.endsWith(`node_modules/${each}`))).toBe(true);
  }
});

/** The bundle: nothing of the package is left out of it, and nothing is in it twice. */
// @needs build

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect, test } from "vitest";
import { PROGRAMS } from "../../scripts/bundle.mjs";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};

test("every entry of the package is a program of it, and so is every file that a module starts by its name", () => {
  const entries = Object.values(manifest.exports).flatMap((each) => (typeof each === "string" ? [] : [each.default]));
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).map((each) => each.replaceAll("\\", "/"));
  const started = sources
    .filter((each) => each.endsWith(".ts") && !each.startsWith("lab/"))
    .flatMap((file) => {
      const names = readFileSync(`src/${file}`, "utf8").matchAll(/new URL\("(\.[^"]*\.js)", import\.meta\.url\)/g);
      return [...names].map(([, name = ""]) => posix.join(posix.dirname(file), name));
    });
  expect(started.length).toBeGreaterThan(2);
  const wanted = [...entries.map((each) => each.replace("./dist/", "")), ...started];
  expect(wanted.filter((each) => !PROGRAMS.includes(each))).toEqual([]);
});

test("npm packs every program", () => {
  const isPacked = (program: string): boolean =>
    manifest.files.includes(program.includes("/") ? `dist/${program}` : "dist/*.js");
  expect(PROGRAMS.filter((each) => !isPacked(each))).toEqual([]);
});

test("what two entries export by the same name is the same value, so that no state is kept twice", () => {
  // The model of a page is the base class of the one that reads folders.
  const script = `const entries = await Promise.all(${JSON.stringify(["browser", "index", "analysis", "studies"])}.map((name) => import("./dist/" + name + ".js")));
    const names = [...new Set(entries.flatMap((each) => Object.keys(each)))];
    const shared = names.map((name) => ({ name, values: entries.filter((each) => name in each).map((each) => each[name]) })).filter(({ values }) => values.length > 1);
    const isOne = ([first, ...others]) => others.every((each) => each === first || each.prototype instanceof first);
    console.log(JSON.stringify({ count: shared.length, doubled: shared.filter(({ values }) => !isOne(values)).map(({ name }) => name) }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const { count, doubled } = JSON.parse(stdout || JSON.stringify({ doubled: stderr })) as {
    count: number;
    doubled: unknown;
  };
  expect(doubled).toEqual([]);
  expect(count).toBeGreaterThan(5);
});

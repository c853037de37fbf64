/** Where the cache is: as the XDG specification has it, and also where there is no home folder. */
// @needs build

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheNotices, cacheRoot } from "../../scripts/setup/cache-folder.mjs";
import { userCache } from "../../src/disk/user-cache.js";
import { experiment, makeProject } from "./fake-project.js";

const HOME = "/home/ada";

describe("the cache folder", () => {
  test.each<[NodeJS.Platform, Record<string, string>, string]>([
    ["linux", { HOME }, "/home/ada/.cache/codilens"],
    ["linux", { HOME: "/" }, "/.cache/codilens"],
    ["linux", { HOME, XDG_CACHE_HOME: "/x" }, "/x/codilens"],
    ["linux", { HOME, XDG_CACHE_HOME: "" }, "/home/ada/.cache/codilens"],
    ["linux", { HOME, CODILENS_CACHE: "/c", XDG_CACHE_HOME: "/x" }, "/c"],
    // "If an implementation encounters a relative path in any of these variables it should consider the path invalid and ignore it."
    ["linux", { HOME, XDG_CACHE_HOME: "cache" }, "/home/ada/.cache/codilens"],
    ["linux", { HOME, XDG_CACHE_HOME: "~/cache" }, "/home/ada/.cache/codilens"],
    ["linux", { HOME, CODILENS_CACHE: "~/c" }, "/home/ada/.cache/codilens"],
    ["linux", { HOME, CODILENS_CACHE: "./c", XDG_CACHE_HOME: "/x" }, "/x/codilens"],
    ["darwin", { HOME, XDG_CACHE_HOME: "/x" }, "/home/ada/Library/Caches/codilens"],
  ])("on %s under %j is %s", (platform, env, folder) => {
    expect(cacheRoot(env, platform)).toBe(folder);
    expect(userCache(env, platform)).toBe(folder);
  });

  test("a variable that is passed over is named with the folder that is used; others are not", () => {
    const env = { HOME, CODILENS_CACHE: "~/c", XDG_CACHE_HOME: "cache" };
    expect(cacheNotices(env, "linux")).toEqual([
      'CODILENS_CACHE is "~/c", which is no absolute path (only a shell replaces ~): passed over; the cache is /home/ada/.cache/codilens',
      'XDG_CACHE_HOME is "cache", which is no absolute path: passed over; the cache is /home/ada/.cache/codilens',
    ]);
    expect(cacheNotices({ HOME, CODILENS_CACHE: "/c", XDG_CACHE_HOME: "" }, "linux")).toEqual([]);
  });

  test("a command says so once and makes no folder named ~", () => {
    const made = makeProject({ compiler: null });
    const { status, stdout, lines } = experiment(made, { CODILENS_CACHE: "~/c" });
    expect([status, stdout, lines[0]]).toEqual([
      0,
      "ran\n",
      expect.stringMatching(/CODILENS_CACHE is "~\/c".*passed over/),
    ]);
    expect(existsSync(join(made.dir, ".cache", "codilens", "engine"))).toBe(true);
    expect([made.dir, process.cwd()].filter((folder) => readdirSync(folder).includes("~"))).toEqual([]);
  });
});

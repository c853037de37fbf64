/** What `npm test` does about a browser, Vulkan, poppler, Slurm and Redis: root installs them, others hear which tests are left out. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const TOOLS = [
  "chromium",
  "libvulkan.so.1",
  "pdffonts",
  "pdfimages",
  "pdfinfo",
  "pdftotext",
  "sbatch",
  "slurmctld",
  "slurmd",
  "redis-server",
  "openssl",
];

function program(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

/** @param script what apt-get does; null where there is none. */
function ensured(have: readonly string[], isRoot: boolean, script: string | null): { without: string[]; said: string } {
  const bin = temporaryFolder("codilens-tools-");
  mkdirSync(join(bin, "lib", "chromium"), { recursive: true });
  writeFileSync(join(bin, "lib", "chromium", "vk_swiftshader_icd.json"), "{}");
  symlinkSync(join(bin, "libvulkan.so.1"), join(bin, "lib", "libvulkan.so.1"));
  for (const each of have) program(bin, each, "");
  if (script !== null) program(bin, "apt-get", script.replaceAll("$BIN", bin));
  const code = `import { ensureTestTools } from "./scripts/setup/test-tools.mjs";
    console.log(JSON.stringify(ensureTestTools({ PATH: ${JSON.stringify(bin)}, CODILENS_TEST_LIBRARIES: ${JSON.stringify(join(bin, "lib"))} }, ${isRoot})));`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  return { without: JSON.parse(done.stdout), said: done.stderr };
}

const install = TOOLS.map((each) => `[ "$1" = install ] && : > $BIN/${each}`).join("\n");

test("nothing is said or installed where all is here", () => {
  expect(ensured(TOOLS, true, "exit 1")).toEqual({ without: [], said: "" });
});

test("root installs what is missing", () => {
  const { without, said } = ensured(["chromium"], true, install);
  expect(without).toEqual([]);
  expect(said).toMatch(
    /^codilens: installing chromium libvulkan1 poppler-utils slurm-wlm redis-server openssl for the tests …\ncodilens: installed in [\d.]+ s\n$/,
  );
});

test.each([
  ["without root nothing is installed", false, install],
  ["without apt-get nothing can be", true, null],
])("%s: one line a tool says what is left out", (_, isRoot, script) => {
  const { without, said } = ensured([], isRoot, script);
  expect(without).toEqual(["browser", "webgpu", "poppler", "slurm", "redis"]);
  expect(said.trim().split("\n")).toEqual([
    "codilens: tests of the report in a browser are left out: chromium is not installed (on Debian: apt-get install chromium)",
    "codilens: tests of the WebGPU engine are left out: chromium libvulkan1 is not installed (on Debian: apt-get install chromium libvulkan1)",
    "codilens: tests of the PDFs are left out: poppler-utils is not installed (on Debian: apt-get install poppler-utils)",
    "codilens: tests of Slurm are left out: slurm-wlm is not installed (on Debian: apt-get install slurm-wlm)",
    "codilens: tests of the queue are left out: redis-server openssl is not installed (on Debian: apt-get install redis-server openssl)",
  ]);
});

test("where apt-get fails, its last line is told and the tests are left out", () => {
  const { without, said } = ensured(["chromium"], true, 'echo "E: Unable to locate package" >&2; exit 100');
  expect(without).toEqual(["webgpu", "poppler", "slurm", "redis"]);
  expect(said).toContain("apt-get failed (E: Unable to locate package)");
});

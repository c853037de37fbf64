/** The tests' Python environment: made once, anew for other requirements, and one line where it cannot be made. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const LEFT_OUT = "codilens: tests of what Python and Jupyter make of results are left out:";
const STARTED = "codilens: installing Python packages for the tests …";

/** A python3 that is asked for its version, for an environment, and for packages. */
function machine({ version = "3 12", venv = "", pip = "" } = {}) {
  const bin = temporaryFolder("codilens-python-");
  const script = [
    "#!/bin/sh",
    `echo "$*" >> ${bin}/called`,
    `case "$*" in`,
    `  *version_info*) echo ${version} ;;`,
    `  "-m venv "*) ${venv || '/bin/mkdir -p "$4/bin"'} ;;`,
    `  "-m pip "*) ${pip || ":"} ;;`,
    "esac",
  ].join("\n");
  writeFileSync(join(bin, "python3"), `${script}\n`);
  chmodSync(join(bin, "python3"), 0o755);
  const calls = () => readFileSync(join(bin, "called"), "utf8").trim().split("\n");
  return { bin, calls, cache: temporaryFolder("codilens-cache-"), requirements: join(bin, "requirements.txt") };
}

type Machine = Pick<ReturnType<typeof machine>, "bin" | "cache" | "requirements">;

function ensured({ bin, cache, requirements }: Machine, packages = "numpy==2.4.6\n") {
  writeFileSync(requirements, packages);
  const options = { env: { PATH: bin, CODILENS_CACHE: cache }, requirements };
  const code = `import { ensureTestPython, testPythonFolder } from "./scripts/setup/test-python.mjs";
    const options = ${JSON.stringify(options)};
    const without = await ensureTestPython(options);
    console.log(JSON.stringify({ without, folder: testPythonFolder(options) }));`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  return {
    ...(JSON.parse(done.stdout) as { without: string[]; folder: string }),
    said: done.stderr.trim().split("\n"),
  };
}

test("is made once, with pip from outside, and nothing is said of it afterwards", () => {
  const here = machine();
  const { without, folder, said } = ensured(here);
  expect(without).toEqual([]);
  expect(said).toEqual([
    STARTED,
    expect.stringMatching(/^codilens: Python packages for the tests installed in [\d.]+ s$/),
  ]);
  expect(here.calls().slice(1)).toEqual([
    `-m venv --without-pip ${folder}`,
    expect.stringMatching(`^-m pip --python ${folder} install --only-binary=:all: .* -r ${here.requirements}$`),
  ]);
  expect([existsSync(join(folder, "made")), dirname(dirname(folder))]).toEqual([true, here.cache]);
  expect(ensured(here)).toEqual({ without: [], folder, said: [""] });
  expect(here.calls()).toHaveLength(3);
});

test("other requirements have an environment of their own", () => {
  const here = machine();
  const one = ensured(here);
  const other = ensured(here, "numpy==2.4.7\n");
  expect(other.folder).not.toBe(one.folder);
  expect([one, other].map(({ folder }) => existsSync(join(folder, "made")))).toEqual([true, true]);
});

test.each([
  ["an old Python", { version: "3 10" }, "python3 is Python 3.10, wanted 3.11 or newer"],
  ["no venv", { venv: "echo 'No module named venv' >&2; exit 1" }, "python3 -m venv failed (No module named venv)"],
  [
    "no network",
    { pip: "echo 'ERROR: No matching distribution' >&2; exit 1" },
    "pip failed (ERROR: No matching distribution)",
  ],
])("%s: one line says what is left out and why, nothing stays, and the next run tries again", (_, found, why) => {
  const here = machine(found);
  for (const _try of [1, 2]) {
    const { without, folder, said } = ensured(here);
    expect(without).toEqual(["venv"]);
    expect(said).toEqual([STARTED, `${LEFT_OUT} ${why}`]);
    expect(existsSync(folder)).toBe(false);
  }
});

test("without Python the line says what to install", () => {
  const here = { ...machine(), bin: temporaryFolder("codilens-empty-") };
  const { without, said } = ensured(here);
  expect(without).toEqual(["venv"]);
  expect(said[1]).toBe(`${LEFT_OUT} no python3 is on the PATH (on Debian: apt-get install python3-pip)`);
  expect(readdirSync(join(here.cache, "test-python"))).toEqual([]);
});

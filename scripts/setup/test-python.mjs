/** Python packages that only tests need: an environment in the user's cache, of the versions that test/support/requirements.txt pins. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { withLock } from "./lock.mjs";
import { cacheRoot, exists, lastLine, project, say, took } from "./places.mjs";

const REQUIREMENTS = join(project, "test", "support", "requirements.txt");
const LEFT_OUT = "tests of what Python and Jupyter make of results are left out";
/** The packages of the pinned versions want it. */
const OLDEST = 11;

/** Folder of the environment, which need not exist; other requirements have another. */
export function testPythonFolder({ env = process.env, requirements = REQUIREMENTS } = {}) {
  const name = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  return join(cacheRoot(env), "test-python", name);
}

/**
 * Makes the environment where it is not there yet.
 *
 * @returns `["venv"]` where it could not be made; `npm test` leaves out what needs it, and says so.
 */
export async function ensureTestPython({ env = process.env, requirements = REQUIREMENTS } = {}) {
  const folder = testPythonFolder({ env, requirements });
  const made = join(folder, "made");
  if (exists(made)) return [];
  return withLock(`${folder}.lock`, () => {
    if (exists(made)) return [];
    const start = Date.now();
    say("installing Python packages for the tests …");
    const trouble = make(folder, { env, requirements });
    if (trouble === null) {
      writeFileSync(made, "");
      say(`Python packages for the tests installed in ${took(start)}`);
      return [];
    }
    rmSync(folder, { recursive: true, force: true });
    say(`${LEFT_OUT}: ${trouble}`);
    return ["venv"];
  });
}

/** @returns what went wrong, or null. */
function make(folder, { env, requirements }) {
  const python = ["python3", "python"].find((each) => onPath(each, env));
  if (python === undefined) return "no python3 is on the PATH (on Debian: apt-get install python3-pip)";
  const run = (...args) => spawnSync(python, args, { env, encoding: "utf8" });
  const version = run("-c", "import sys; print(*sys.version_info[:2])");
  const [major, minor] = (version.stdout ?? "").split(" ").map(Number);
  if (version.status !== 0) return `${python} does not run (${why(version)})`;
  if (major !== 3 || minor < OLDEST) return `${python} is Python ${major}.${minor}, wanted 3.${OLDEST} or newer`;
  // Of an environment that was not finished nothing is kept.
  rmSync(folder, { recursive: true, force: true });
  // Debian's Python has no ensurepip without a package of its own: pip installs into the environment from outside.
  const venv = run("-m", "venv", "--without-pip", folder);
  if (venv.status !== 0) return `${python} -m venv failed (${why(venv)})`;
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"];
  const pip = run("-m", "pip", "--python", folder, "install", "--only-binary=:all:", ...quiet, "-r", requirements);
  return pip.status === 0 ? null : `pip failed (${why(pip)})`;
}

function why({ stderr, error }) {
  return lastLine(stderr) || String(error?.message ?? "no message");
}

function onPath(program, env) {
  return (env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && exists(join(folder, program)));
}

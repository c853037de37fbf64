/** Programs that only tests need and npm does not bring: a browser for the report, Vulkan for WebGPU, poppler for PDFs, Slurm for arrays, Redis for the queue. */

import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { exists, say, took } from "./places.mjs";
import { slurmProgram } from "./test-slurm.mjs";

const TOOLS = [
  {
    name: "browser",
    package: "chromium",
    what: "the report in a browser",
    isHere: (env) =>
      exists(env.CHROMIUM ?? "") || ["chromium", "chromium-browser", "google-chrome"].some((each) => onPath(each, env)),
  },
  {
    name: "webgpu",
    package: "chromium libvulkan1",
    what: "the WebGPU engine",
    isHere: ({ CODILENS_TEST_LIBRARIES: libraries = "/usr/lib" }) =>
      exists(join(libraries, "chromium", "vk_swiftshader_icd.json")) &&
      ["", "x86_64-linux-gnu", "aarch64-linux-gnu"].some((folder) => exists(join(libraries, folder, "libvulkan.so.1"))),
  },
  {
    name: "poppler",
    package: "poppler-utils",
    what: "the PDFs",
    isHere: (env) => ["pdffonts", "pdfimages", "pdfinfo", "pdftotext"].every((each) => onPath(each, env)),
  },
  {
    name: "slurm",
    package: "slurm-wlm",
    what: "Slurm",
    isHere: (env) => ["sbatch", "slurmctld", "slurmd"].every((each) => slurmProgram(each, env) !== null),
  },
  {
    name: "redis",
    package: "redis-server openssl",
    what: "the queue",
    isHere: (env) => ["redis-server", "openssl"].every((each) => onPath(each, env)),
  },
];

/**
 * Installs what is missing where that needs no password: as root, by apt-get.
 *
 * @returns names of the tools that are still missing; `npm test` leaves out what needs them, and says so.
 */
export function ensureTestTools(env = process.env, isRoot = process.getuid?.() === 0) {
  const missing = () => TOOLS.filter(({ isHere }) => !isHere(env));
  const before = missing();
  if (before.length === 0) return [];
  const packages = [...new Set(before.flatMap((each) => each.package.split(" ")))].join(" ");
  if (isRoot && onPath("apt-get", env)) {
    const start = Date.now();
    say(`installing ${packages} for the tests …`);
    const quiet = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" }, encoding: "utf8" };
    spawnSync("apt-get", ["update", "-qq"], quiet);
    const options = ["install", "-y", "-qq", "--no-install-recommends"];
    const done = spawnSync("apt-get", [...options, ...packages.split(" ")], quiet);
    say(done.status === 0 ? `installed in ${took(start)}` : `apt-get failed (${lastLine(done)})`);
  }
  const after = missing();
  for (const each of after)
    say(
      `tests of ${each.what} are left out: ${each.package} is not installed (on Debian: apt-get install ${each.package})`,
    );
  return after.map(({ name }) => name);
}

function onPath(program, env) {
  return (env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && exists(join(folder, program)));
}

function lastLine({ stderr, error }) {
  return (stderr ?? "").trim().split("\n").at(-1) || String(error ?? "no message");
}

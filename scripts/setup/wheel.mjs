/** The wheel route: TensorFlow's library out of the pinned PyPI wheel, and tfjs-node's binding compiled over it with the system's compiler. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { cachedBinding, verify } from "./binding.mjs";
import { linkCudaLibraries } from "./cuda.mjs";
import { LAYOUT } from "./notes.mjs";
import { firstError, lastLine, openByUmask, packageFolder, say } from "./places.mjs";
import { ensureTfjs, tfjsFolder } from "./tfjs.mjs";

/**
 * Makes `folder`, complete or not at all: the libraries out of the pinned wheels and the binding compiled over them.
 *
 * @returns what `verify` found of the finished build.
 * @throws Error in words where a part cannot be had, or the build does not compute here.
 */
export async function buildFromWheel({ folder, pins, platform, kind }) {
  const platformPins = pins.platforms[platform];
  const pin = platformPins?.[kind];
  if (!pin) throw new Error(`no wheel is pinned for ${platform}`);
  const python = findTool([process.env.PYTHON, "python3", "python"], ["-m", "pip", "--version"]);
  if (python === null) throw new Error("Python with pip was not found (Debian: apt-get install python3-pip)");
  const compiler = findTool([process.env.CXX, "g++", "c++", "clang++"], ["--version"]);
  if (compiler === null) throw new Error("no C++ compiler was found (Debian: apt-get install g++)");
  await ensureTfjs();
  sweep(folder);
  const temporary = mkdtempSync(`${folder}.part-`);
  try {
    say(`fetching ${pin.requirement} (${pin.size ?? "large"}) …`);
    const wheel = await fetchWheel(python, pin, platformPins, temporary);
    extract(python, wheel, temporary);
    rmSync(wheel);
    const gpu = kind === "gpu";
    if (gpu) for (const each of pin.nvidia) await addNvidia(python, each, platformPins, temporary);
    if (gpu) linkCudaLibraries(temporary);
    say("building the binding …");
    compile(compiler, temporary);
    for (const each of readdirSync(temporary))
      if (each.startsWith("wheel-")) rmSync(join(temporary, each), { recursive: true });
    rmSync(join(temporary, "tensorflow", "include"), { recursive: true });
    const tried = verify(cachedBinding(temporary), { gpu });
    const complete = { pin: pin.requirement, sha256: pin.sha256, layout: LAYOUT, computes: true };
    writeFileSync(join(temporary, "complete.json"), JSON.stringify(complete));
    openByUmask(temporary);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    return tried;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

// What a killed set-up left behind. The caller holds the lock, so no other one is at work here.
function sweep(folder) {
  for (const each of readdirSync(dirname(folder)))
    if (each.startsWith(`${basename(folder)}.part-`))
      rmSync(join(dirname(folder), each), { recursive: true, force: true });
}

async function fetchWheel(python, pin, { pipPlatform, python: version, abi }, into) {
  const where = mkdtempSync(join(into, "wheel-"));
  const platforms = pipPlatform.flatMap((each) => ["--platform", each]);
  const args = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--only-binary=:all:",
    "--disable-pip-version-check",
    "--python-version",
    version,
  ];
  const done = spawnSync(
    python,
    [...args, "--implementation", "cp", "--abi", abi, "--abi", "none", ...platforms, "-d", where, pin.requirement],
    { encoding: "utf8" },
  );
  if (done.status !== 0)
    throw new Error(`pip could not fetch ${pin.requirement} (${lastLine(done.stderr) || `exit ${done.status}`})`);
  const [file] = readdirSync(where);
  if (file === undefined) throw new Error(`pip fetched no file for ${pin.requirement}`);
  const path = join(where, file);
  const found = await sha256(path);
  if (found !== pin.sha256)
    throw new Error(`${file} has SHA-256 ${found.slice(0, 12)}…, wanted ${pin.sha256.slice(0, 12)}…`);
  return path;
}

const EXTRACT = `
import os, sys, zipfile
umask = os.umask(0o077)
os.umask(umask)
wheel, into = sys.argv[1:3]
keep = tuple(sys.argv[3:])
with zipfile.ZipFile(wheel) as z:
    for info in z.infolist():
        if not info.filename.startswith(keep): continue
        path = z.extract(info, into)
        # Programs (ptxas) stay programs, which extract() forgets; the umask has the last word.
        if info.external_attr >> 16 & 0o100: os.chmod(path, 0o777 & ~umask)
`;

function extract(python, wheel, into) {
  const include = ["tensorflow/c/", "tensorflow/core/platform/", "xla/tsl/", "tsl/"].map(
    (each) => `tensorflow/include/${each}`,
  );
  unzip(python, wheel, into, [
    "tensorflow/libtensorflow_framework.so.2",
    "tensorflow/libtensorflow_cc.so.2",
    ...include,
  ]);
}

function unzip(python, wheel, into, prefixes) {
  const done = spawnSync(python, ["-c", EXTRACT, wheel, into, ...prefixes], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`the wheel could not be unpacked (${lastLine(done.stderr)})`);
}

async function addNvidia(python, pin, platformPins, into) {
  say(`fetching ${pin.requirement} …`);
  const wheel = await fetchWheel(python, pin, platformPins, into);
  unzip(python, wheel, into, ["nvidia/"]);
  rmSync(wheel);
}

function compile(compiler, folder) {
  const source = join(tfjsFolder(), "binding");
  const headers = join(packageFolder("node-api-headers"), "include");
  const args = [
    "-std=c++17",
    "-O2",
    "-shared",
    "-fPIC",
    "-DNAPI_VERSION=8",
    `-I${headers}`,
    `-I${join(folder, "tensorflow", "include")}`,
  ];
  // An old-style rpath stands above the user's LD_LIBRARY_PATH. What TensorFlow opens later it looks for by a path of its own (cuda.mjs).
  const linking = [
    "-Ltensorflow",
    "-l:libtensorflow_cc.so.2",
    "-l:libtensorflow_framework.so.2",
    "-Wl,--disable-new-dtags",
    "-Wl,-rpath,$ORIGIN/tensorflow",
  ];
  const files = ["tfjs_backend.cc", "tfjs_binding.cc"].map((each) => join(source, each));
  const done = spawnSync(compiler, [...args, ...files, ...linking, "-o", "tfjs_binding.node"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`the binding did not compile (${firstError(done.stderr)})`);
}

function findTool(candidates, args) {
  for (const each of candidates) {
    if (each && spawnSync(each, args, { encoding: "utf8" }).status === 0) return each;
  }
  return null;
}

function sha256(path) {
  return new Promise((done, fail) => {
    const hash = createHash("sha256");
    createReadStream(path)
      .on("data", (chunk) => hash.update(chunk))
      .on("end", () => done(hash.digest("hex")))
      .on("error", fail);
  });
}

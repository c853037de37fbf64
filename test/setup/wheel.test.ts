/** The wheel route with fake tools that succeed: what is fetched, built, cached and used again. */
// @needs build, time

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { experiment, makeProject } from "./fake-project.js";

// Logs what it fetches; "unpacks" the files that the set-up takes out of a wheel.
const PYTHON = `case "$*" in
  *--version*) exit 0;;
  *download*) for last; do :; done; echo "$last" >> "$HOME/fetched"; while [ "$1" != "-d" ]; do shift; done; printf 'not a real wheel' > "$2/a.whl";;
  *) case "$*" in *nvidia/*) for each in cublas cudnn; do mkdir -p "$4/nvidia/$each/lib"; done;;
     *) mkdir -p "$4/tensorflow/include"; echo library > "$4/tensorflow/libtensorflow_framework.so.2"; echo library > "$4/tensorflow/libtensorflow_cc.so.2";; esac;;
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

  test("a build of an earlier version, in its own layout, is tried once and used", () => {
    const made = makeWorking();
    experiment(made);
    const [folder = ""] = readdirSync(join(made.cache, "engine"));
    const build = join(made.cache, "engine", folder);
    for (const each of readdirSync(join(build, "tensorflow")))
      renameSync(join(build, "tensorflow", each), join(build, each));
    rmSync(join(build, "tensorflow"), { recursive: true });
    writeFileSync(join(build, "complete.json"), '{"pin":"tensorflow-cpu==9.9.9","sha256":"x"}');
    // As earlier versions noted it.
    const place = join(tfjsFolder(made), ".codilens-engine.json");
    const { binding: _, ...older } = note(made);
    writeFileSync(place, JSON.stringify({ ...older, libPath: join(build, "libtensorflow_framework.so.2") }));
    expect(experiment(made)).toMatchObject({ stdout: "ran\n", lines: [] });
    rmSync(place);
    expect(experiment(made).lines).toEqual([
      expect.stringMatching(/engine: native .* from the cache in .* in \d\.\d s/),
    ]);
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

/**
 * The CUDA build's folder: every library that TensorFlow opens by name is found along the RUNPATH of its own library. With small ELF files of
 * the same names, dependencies and RUNPATHs, and the system's loader; the same script checks a real build by hand (cuda-libraries.py).
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const LOCK = "scripts/setup/engine-lock.json";
const { linkCudaLibraries } = (await import(new URL("../../scripts/setup/cuda.mjs", import.meta.url).href)) as {
  linkCudaLibraries(folder: string): void;
};
// `readelf -d` of libtensorflow_framework.so.2 in tensorflow 2.21.0, each entry once: cusolver, curand, nvrtc and nvjitlink are not among them.
const RUNPATH = ["nccl", "cuda_cupti", "cublas", "cudnn", "cufft", "cusparse", "cuda_runtime", "nvshmem"];
const TENSORFLOW = `
#include <dlfcn.h>
#include <stdint.h>
// absl::Status as TensorFlow's own functions return it: one word, 1 for success, through a hidden first argument.
void _ZN3tsl8internal18LoadDynamicLibraryEPKcPPv(uint64_t *status, const char *name, void **handle) {
  *handle = dlopen(name, RTLD_NOW);
  *status = *handle ? 1 : 2;
}
static const char *needed[] = {"libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11",
                               "libcusolver.so.11", "libcusparse.so.12", "libcudnn.so.9", 0};
void _ZN3tsl8internal9DsoLoader22TryDlopenCUDALibrariesEv(uint64_t *status) {
  *status = 1;
  for (const char **each = needed; *each; each++) if (!dlopen(*each, RTLD_NOW)) *status = 2;
}
`;
// What NVIDIA's libraries need of each other, by the RUNPATH that they carry.
const NEEDS: Readonly<Record<string, readonly (readonly [folder: string, library: string])[]>> = {
  "libcublas.so.12": [["cublas", "libcublasLt.so.12"]],
  "libcusolver.so.11": [
    ["cublas", "libcublas.so.12"],
    ["cusparse", "libcusparse.so.12"],
    ["nvjitlink", "libnvJitLink.so.12"],
  ],
  "libcusparse.so.12": [["nvjitlink", "libnvJitLink.so.12"]],
};

interface Pin {
  readonly requirement: string;
  readonly libraries?: readonly string[];
}

const pins = (JSON.parse(readFileSync(LOCK, "utf8")) as { platforms: { "linux-x64": { gpu: { nvidia: Pin[] } } } })
  .platforms["linux-x64"].gpu.nvidia;

function compile(output: string, source: string, ...more: string[]): void {
  writeFileSync(`${output}.c`, source);
  execFileSync("gcc", ["-shared", "-fPIC", "-Wl,--enable-new-dtags", "-o", output, `${output}.c`, ...more]);
}

/** A folder with all libraries as their wheels bring them. */
function unpacked(): string {
  const folder = temporaryFolder("codilens-cuda-");
  const home = (name: string): string => join(folder, "nvidia", name, "lib");
  const placed = pins.flatMap(({ requirement, libraries = [] }) => {
    const name = (/^nvidia-(.+)-cu12==/.exec(requirement)?.[1] ?? "").replaceAll("-", "_");
    return libraries.map((library) => ({ name, library }));
  });
  // Dependencies first, as the linker looks into them.
  const order = ["libnvJitLink.so.12", "libcublasLt.so.12", "libcublas.so.12", "libcusparse.so.12"];
  placed.sort((a, b) => ((order.indexOf(a.library) + 9) % 9) - ((order.indexOf(b.library) + 9) % 9));
  for (const { name, library } of placed) {
    mkdirSync(home(name), { recursive: true });
    const needs = (NEEDS[library] ?? []).flatMap(([other, file]) => [
      join(home(other), file),
      `-Wl,-rpath,$ORIGIN/../../${other}/lib`,
    ]);
    compile(
      join(home(name), library),
      `int made_${placed.findIndex((each) => each.library === library)};`,
      `-Wl,-soname,${library}`,
      "-Wl,--no-as-needed",
      ...needs,
    );
  }
  mkdirSync(join(folder, "tensorflow"));
  const rpath = RUNPATH.map((each) => `$ORIGIN/../../nvidia/${each}/lib:$ORIGIN/../nvidia/${each}/lib`).join(":");
  compile(join(folder, "tensorflow", "libtensorflow_framework.so.2"), TENSORFLOW, `-Wl,-rpath,${rpath}`);
  return folder;
}

function found(folder: string): { asked: number; missing: string[]; complete: boolean } {
  const env = { PATH: process.env["PATH"] };
  const { stdout, stderr } = spawnSync("python3", ["test/setup/cuda-libraries.py", folder, LOCK], {
    encoding: "utf8",
    env,
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as ReturnType<typeof found>;
}

test("the wheels' own layout lacks libraries that TensorFlow opens by name; with our links all are found, in a fresh environment", () => {
  const folder = unpacked();
  const asked = pins.flatMap(({ libraries = [] }) => libraries).length;
  expect(asked).toBeGreaterThanOrEqual(20);
  expect(found(folder)).toEqual({
    asked,
    missing: ["libnvrtc.so.12", "libnvrtc-builtins.so.12.9", "libcurand.so.10", "libcusolver.so.11"],
    complete: false,
  });
  linkCudaLibraries(folder);
  expect(found(folder)).toEqual({ asked, missing: [], complete: true });
});

test("every pinned CUDA package but the compiler's brings a library, and each has a hash", () => {
  expect(
    pins.filter(({ libraries }) => libraries === undefined).map(({ requirement }) => requirement.split("==")[0]),
  ).toEqual(["nvidia-cuda-nvcc-cu12"]);
});

/**
 * The CUDA build's folder: every library that TensorFlow opens by name is found along the RUNPATH of its own library. With small ELF files of
 * the same names, dependencies and RUNPATHs, and the system's loader; the same script checks a real build by hand (cuda-libraries.py).
 */
// @needs compiler, python

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

function found(folder: string): { asked: number; missing: string[]; driver: string[]; complete: boolean } {
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
    driver: [],
    complete: false,
  });
  linkCudaLibraries(folder);
  expect(found(folder)).toEqual({ asked, missing: [], driver: [], complete: true });
});

test("every pinned CUDA package but the compiler's brings a library, and each has a hash", () => {
  expect(
    pins.filter(({ libraries }) => libraries === undefined).map(({ requirement }) => requirement.split("==")[0]),
  ).toEqual(["nvidia-cuda-nvcc-cu12"]);
});

const { cpuReason, deviceName } = (await import(new URL("../../scripts/setup/gpu.mjs", import.meta.url).href)) as {
  cpuReason(log: string, driver?: string | null): string;
  deviceName(log: string): string;
};

// Lines as TensorFlow 2.21 printed them here, but for the last three: those are of a machine with a GPU, written from memory.
test.each([
  [
    "E0000 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)",
    /^no NVIDIA driver \(libcuda\.so\.1\) is found$/,
  ],
  [
    "E0000 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (100)",
    /^the NVIDIA driver does not start: .*\(100\)$/,
  ],
  [
    "I0000 dso_loader.cc:144] Could not load dynamic library 'libcusolver.so.11'; dlerror: libcusolver.so.11: cannot open\nI0000 dso_loader.cc:144] Could not load dynamic library 'libnvinfer.so'; dlerror: no\nW0000 gpu_device.cc:2431] Cannot dlopen some GPU libraries.",
    /^CUDA libraries that do not load: libcusolver\.so\.11$/,
  ],
  [
    "I0000 dso_loader.cc:144] Could not load dynamic library 'libnvinfer.so'; dlerror: no",
    /^TensorFlow lists no GPU and does not say why$/,
  ],
  ["E0000 cuda_executor.cc] CUDA_ERROR_OUT_OF_MEMORY: out of memory", /^the GPU's memory does not suffice$/],
  [
    "I0000 gpu_device.cc] Ignoring visible gpu device (device: 0, name: Tesla K20) with compute capability 3.5.",
    /^TensorFlow passes the GPU over: device: 0, name: Tesla K20/,
  ],
])("%s: the reason in one line", (log, reason) => {
  expect(cpuReason(log, null)).toMatch(reason);
  expect(cpuReason(log, "no NVIDIA driver on this machine")).toBe("no NVIDIA driver on this machine");
});

test("the GPU's name is the one that TensorFlow lists", () => {
  const line =
    "I0000 gpu_device.cc:2020] Created device /job:localhost/replica:0/task:0/device:GPU:0 with 79045 MB memory:  -> device: 0, name: NVIDIA H100 80GB HBM3, pci bus id: 0000:04:00.0, compute capability: 9.0";
  expect([deviceName(line), deviceName("")]).toEqual(["NVIDIA H100 80GB HBM3", "GPU"]);
});

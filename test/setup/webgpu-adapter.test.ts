/** Which of WebGPU's adapters compute on the CPU, for the engine and `doctor` alike, and the one line that installs it. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type AdapterInfo, adapterDescription, WEBGPU_INSTALL } from "../../scripts/setup/webgpu-adapter.mjs";

const info = (given: Partial<AdapterInfo>): AdapterInfo => ({
  ...{ vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false },
  ...given,
});

describe("adapterDescription()", () => {
  test.each<[string, Partial<AdapterInfo>]>([
    ["one that says so itself", { vendor: "any", isFallbackAdapter: true }],
    ["SwiftShader", { vendor: "google", architecture: "swiftshader", device: "0xc0de" }],
    ["llvmpipe", { vendor: "mesa", device: "llvmpipe (LLVM 15.0.6, 256 bits)" }],
    ["llvmpipe, by its driver alone", { vendor: "mesa", description: "llvmpipe: Mesa 22.3.6 (LLVM 15.0.6)" }],
    ["lavapipe", { description: "lavapipe" }],
    ["WARP", { vendor: "microsoft", architecture: "warp", device: "0x008c" }],
    ["WARP, as Windows names it", { vendor: "microsoft", device: "Microsoft Basic Render Driver" }],
  ])("%s computes on the CPU", (_, given) => {
    expect(adapterDescription(info(given)).isSoftware).toBe(true);
  });

  test.each<[string, Partial<AdapterInfo>]>([
    ["nvidia hopper NVIDIA H200", { vendor: "nvidia", architecture: "hopper", device: "NVIDIA H200" }],
    ["amd rdna-3 AMD Radeon RX 7900 XTX (RADV NAVI31)", { vendor: "amd", architecture: "rdna-3", device: "AMD Radeon RX 7900 XTX (RADV NAVI31)", description: "radv: Mesa 24.0.5" }], // biome-ignore format: one adapter a line
    ["intel gen-12lp", { vendor: "intel", architecture: "gen-12lp", description: "Intel open-source Mesa driver" }],
    ["apple metal-3", { vendor: "apple", architecture: "metal-3" }],
    ["unnamed adapter", {}],
  ])("%s does not", (name, given) => {
    expect(adapterDescription(info(given))).toEqual({ name, isSoftware: false });
  });
});

test("the line that installs it is the documentation's, and fits the peers that the package names", () => {
  for (const page of ["engines", "packages"]) expect(readFileSync(`docs/${page}.md`, "utf8")).toContain(WEBGPU_INSTALL);
  const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    peerDependencies: Record<string, string>;
  };
  const asked = WEBGPU_INSTALL.replace("npm install ", "")
    .split(" ")
    .map((each) => each.split(/(?<=.)@/));
  expect(asked.map(([name]) => name)).toEqual(["webgpu", "@tensorflow/tfjs-backend-webgpu"]);
  for (const [name = "", version = ""] of asked)
    expect(peerDependencies[name]?.replace("^", "").startsWith(version)).toBe(true);
});

/** `bench/device.sh`: the folder is packed, and measures on its own, with no network, home, Node or package of this machine. */
// @needs browser, build, time, webgpu

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";
import { SOFTWARE_GPU } from "../support/webgpu.js";

const folder = temporaryFolder("codilens-device-");
const kit = join(folder, "kit");
const home = join(folder, "home");
const out = join(folder, "out");
// Debian's Chromium brings a Vulkan driver that computes on the processor.
const SCRIPT = join("bench", "device.sh");

const packed = (...args: string[]) => spawnSync(SCRIPT, ["--pack", ...args], { encoding: "utf8" });
/** Without a network where this user may have a namespace of its own; `HOME` is an empty folder, and nothing else is set. */
const alone = (variables: readonly string[], ...args: string[]) => {
  const bare = ["env", "-i", "PATH=/usr/bin:/bin", `HOME=${home}`, ...variables, "sh", join(kit, "device.sh"), ...args];
  const mayUnshare = spawnSync("unshare", ["-rn", "true"]).status === 0;
  const [command = "", ...rest] = mayUnshare ? ["unshare", "-rn", ...bare] : bare;
  return spawnSync(command, rest, { encoding: "utf8", cwd: home });
};
interface Measured {
  readonly device: string;
  readonly isSoftware: boolean;
  readonly engines: readonly { readonly name: string }[];
  readonly absent: readonly { readonly name: string; readonly why: string }[];
  readonly torch: string | null;
  readonly parts: Record<string, { why?: string; timings?: Record<string, { ours: { seconds: { median: number } } }> }>;
}

beforeAll(() => {
  mkdirSync(home);
  const { status, stderr } = packed(kit);
  if (status !== 0) throw new Error(stderr);
}, 120_000);

describe("the folder for a bare machine", () => {
  test("has at most 60 MB, and is never made over another one", () => {
    const bytes = readdirSync(kit).reduce((sum, name) => sum + statSync(join(kit, name)).size, 0);
    expect(bytes).toBeLessThan(60e6);
    expect(packed(kit)).toMatchObject({ status: 2, stderr: expect.stringContaining(`${kit} is not empty`) });
  });

  test("measures there, and says that a processor stood in for the GPU", () => {
    const variables = Object.entries(SOFTWARE_GPU).map(([name, value]) => `${name}=${value}`);
    const { status, stdout, stderr } = alone(
      variables,
      ...["--tiny", "--rounds", "1", "--seconds", "1", "--python", "none", "--out", out],
    );
    expect(status, stderr).toBe(0);
    const measured = JSON.parse(readFileSync(join(out, "gpu.json"), "utf8")) as Measured;
    expect(measured).toMatchObject({ isSoftware: true, engines: [{ name: "webgpu" }], torch: null });
    expect(measured.device).toMatch(/swiftshader/i);
    expect(measured.absent).toEqual([{ name: "CUDA", why: expect.stringContaining("no native engine here") }]);
    expect(measured.parts["products"]?.timings?.["64 × 256 × 256"]?.ours.seconds.median).toBeGreaterThan(0);
    expect(stdout).toContain("Nothing here is a figure of a GPU.");
    expect(stdout).toMatch(/\| 64 × 256 × 256 \| [\d.]+ /);
    expect(readdirSync(home)).toEqual([]);
  }, 120_000);

  test("estimates nothing without a device", () => {
    const { status, stdout } = alone(
      ["VK_DRIVER_FILES=/none"],
      "--tiny",
      "--python",
      "none",
      "--out",
      join(out, "none"),
    );
    expect(status).toBe(0);
    expect(stdout).toContain("No device.");
    expect(stdout).toContain("WebGPU is not measured: ours ended: EnvironmentError: Cannot start the WebGPU engine");
    expect(existsSync(join(out, "none", "RESULTS.md"))).toBe(true);
  }, 120_000);

  test.each([
    [["--fast"], "there is no option --fast"],
    [["--out"], "--out has no value"],
    [["--seconds", "soon"], '--seconds is "soon", wanted a whole number'],
  ])("%j is refused by name", (args, sentence) => {
    expect(alone([], ...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(sentence) });
  });
});

/** Makes the folder that `bench/device.sh` measures from, for a machine of this platform:    bench/device.sh --pack DIR */

import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { CodiLensError, UsageError } from "../../src/base/errors.js";
import { commit } from "../context.mjs";
import { copyContents } from "./contents.mjs";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
/** Bytes of the whole folder. */
const MOST = 60e6;

/** @param folder must not exist, or be empty. */
async function pack(folder: string): Promise<void> {
  if (folder === "") throw new UsageError("--pack names no folder", "bench/device.sh --pack DIR");
  if (process.platform !== "linux")
    throw new UsageError(`The folder holds this machine's Node, and this is ${process.platform}`, "make it on Linux");
  const target = resolve(folder);
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new UsageError(`${target} is not empty`, "name a folder that does not exist yet");
  const prepare = new URL("../../scripts/setup/prepare.mjs", import.meta.url).href;
  await ((await import(prepare)) as { ensureBuild(): Promise<void> }).ensureBuild();
  const stage = mkdtempSync(join(tmpdir(), "codilens-device-"));
  try {
    const code = join(stage, "code");
    copyContents({ project: PROJECT, stage: code });
    copyLibraries(join(code, "lib"));
    slim(join(code, "node_modules", "webgpu", "dist", `linux-${process.arch}`, "dawn.node"));
    writeFileSync(join(code, "commit"), commit());
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["czf", join(target, "code.tar.gz"), "-C", stage, "code"]);
    const node = join(stage, "node");
    cpSync(process.execPath, node);
    slim(node);
    writeFileSync(join(target, "node.gz"), gzipSync(readFileSync(node), { level: 6 }));
    cpSync(join(PROJECT, "bench", "device.sh"), join(target, "device.sh"));
  } finally {
    rmSync(stage, { recursive: true });
  }
  const sizes = readdirSync(target).map((name) => ({ name, bytes: statSync(join(target, name)).size }));
  const whole = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const text = sizes.map(({ name, bytes }) => `${name} ${(bytes / 1e6).toFixed(1)} MB`).join(", ");
  if (whole > MOST)
    throw new CodiLensError(`${target} has ${(whole / 1e6).toFixed(1)} MB, more than 60 (${text})`, "report this");
  process.stderr.write(`${target}: ${(whole / 1e6).toFixed(1)} MB (${text})\n`);
}

/** Names of functions that nothing calls by name: a fifth of the file. Without binutils it is larger, and the same. */
function slim(file: string): void {
  spawnSync("strip", [file], { stdio: "ignore" });
}

/** What a bare machine may lack: Node's C++ library and Vulkan's loader, as they are here. */
function copyLibraries(folder: string): void {
  const known =
    spawnSync("ldconfig", ["-p"], { encoding: "utf8", env: { PATH: `${process.env["PATH"]}:/sbin:/usr/sbin` } })
      .stdout ?? "";
  for (const [place, name] of [
    ["node", "libstdc++.so.6"],
    ["node", "libgcc_s.so.1"],
    ["vulkan", "libvulkan.so.1"],
  ] as const) {
    const path = known
      .split("\n")
      .find((line) => line.trim().startsWith(`${name} `))
      ?.split(" => ")[1];
    const to = join(folder, place, name);
    mkdirSync(dirname(to), { recursive: true });
    if (path === undefined) process.stderr.write(`not packed: ${name}, which is not here\n`);
    else cpSync(path, to, { dereference: true });
  }
}

try {
  await pack(process.argv[2] ?? "");
} catch (error) {
  if (!(error instanceof CodiLensError)) throw error;
  process.stderr.write(`${error.message}\n${error.hint ?? ""}\n`);
  process.exitCode = error.exitCode;
}

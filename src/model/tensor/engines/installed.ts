/** What the set-up installed (`scripts/setup`, plain JavaScript beside the compiled code), and the set-up itself where nothing is installed yet. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "../../../base/errors.js";

/** The set-up's note of an engine. */
export interface InstalledEngine {
  readonly engine: "native" | "wasm";
  readonly route: string;
  readonly tensorflowVersion?: string;
  /** Path of the native engine's binding. */
  readonly binding?: string;
  /** The CUDA build? Whether it computes on a GPU only the engine knows. */
  readonly gpu?: boolean;
  /** False where the build has no kernels of ours, or those of another version. */
  readonly kernels?: boolean;
}

/** What is used of the set-up's own modules. */
export interface SetUp {
  /** Null where none is installed, or what was installed is gone. */
  installedEngine(): InstalledEngine | null;
  /** Folder of tfjs-node-gpu, or null. */
  tfjsFolder(): string | null;
  /** Loads tfjs-node out of its folder over a binding that lies elsewhere. */
  loadTfjs(folder: string, binding?: string): unknown;
  /** Why this machine has no GPU that could be used, or null where a driver is there. */
  noGpuReason(): string | null;
  /** Loads that binding in a process of its own and computes a product. `reason`: why the CUDA build computes on the CPU there. */
  verify(binding: string, options: { readonly gpu: boolean }): { readonly reason: string | null };
}

const place = (file: string): URL => new URL(`../../../../scripts/setup/${file}`, import.meta.url);

/** The set-up's modules; they are found beside the compiled code, wherever the package lies. */
export async function setUpModules(): Promise<SetUp> {
  const files = ["engine.mjs", "tfjs.mjs", "load.mjs", "binding.mjs", "gpu.mjs"];
  const modules = await Promise.all(files.map((file) => import(/* @vite-ignore */ place(file).href)));
  return Object.assign({}, ...modules) as SetUp;
}

/**
 * Sets an engine up in a process of its own, as every command does before it computes: nothing of this process waits for it but the load.
 *
 * @param say is given each line that the set-up prints.
 * @throws EnvironmentError with the set-up's last line where it fails.
 */
export async function setUpEngine(
  engine: "auto" | "native",
  say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<InstalledEngine> {
  const env = engine === "native" ? { ...process.env, CODILENS_ENGINE: "native" } : process.env;
  const child = spawn(process.execPath, [fileURLToPath(place("ensure.mjs"))], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((done, fail) => child.once("close", done).once("error", fail));
  let printed = "";
  let last = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += String(chunk);
  });
  createInterface(child.stderr).on("line", (line) => {
    last = line;
    say(line);
  });
  const code = await ended;
  if (code === 0) return JSON.parse(printed) as InstalledEngine;
  throw new EnvironmentError(
    `Cannot set an engine up: ${last.replace(/^codilens: /, "") || `it ended with ${code}`}`,
    "mend that and load again, or set CODILENS_ENGINE=wasm to compute without it (slower)",
  );
}

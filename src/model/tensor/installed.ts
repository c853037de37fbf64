/** What the set-up installed (`scripts/setup`, plain JavaScript beside the compiled code), and the set-up itself where nothing is installed yet. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "../errors.js";

/** The set-up's note of an engine. */
export interface InstalledEngine {
  readonly engine: "native" | "wasm";
  readonly route: string;
  readonly tensorflowVersion?: string;
}

/** What is used of the set-up's own modules. */
export interface SetUp {
  /** Null where none is installed, or what was installed is gone. */
  installedEngine(): InstalledEngine | null;
  /** Folder of tfjs-node-gpu, or null. */
  tfjsFolder(): string | null;
}

const place = (file: string): URL => new URL(`../../../scripts/setup/${file}`, import.meta.url);

/** The set-up's modules; they are found beside the compiled code, wherever the package lies. */
export async function setUpModules(): Promise<SetUp> {
  const [engine, tfjs] = await Promise.all(
    ["engine.mjs", "tfjs.mjs"].map((file) => import(/* @vite-ignore */ place(file).href)),
  );
  return { ...engine, ...tfjs } as SetUp;
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

/** Chooses and starts the engine: TensorFlow's C library through tfjs-node-gpu, WASM, or WebGPU by Dawn. */

import { commandLine } from "../../../../scripts/setup/command-line.mjs";
import { EnvironmentError } from "../../../base/errors.js";
import { type EngineChoice, type EngineInfo, type EngineName, holdEngine, type StartedEngine } from "../engine.js";
import { ENGINE_NAMES } from "../engine-names.js";
import { checkFloat32 } from "../float32.js";
import { setUpEngine, setUpModules } from "./installed.js";
import { startNative } from "./native.js";
import { firstLine } from "./packages.js";
import { startWasm } from "./wasm.js";
import { startWebGpuInNode } from "./webgpu.js";

let started: Promise<EngineInfo> | undefined;

/** How the engine is started. */
export interface EngineOptions {
  /** Of one op of the native engine; where the process set TensorFlow's own variables, they win. */
  readonly threads?: number | undefined;
  /** Is given each line of the set-up, where no engine is installed yet; default: to stderr. */
  readonly onSetUp?: ((line: string) => void) | undefined;
}

/**
 * Starts the engine once per process, and sets it up where none is installed.
 *
 * @throws EnvironmentError when the engine asked for is not installed, or another one already runs here.
 */
export async function startEngine(
  choice: EngineChoice = "auto",
  { threads, onSetUp }: EngineOptions = {},
): Promise<EngineInfo> {
  if (started === undefined) {
    // TensorFlow reads these when its library is loaded, and when it makes its first pool of threads.
    if (threads !== undefined) process.env["TF_NUM_INTRAOP_THREADS"] ??= String(threads);
    // A graph runs in the thread that asks for it: handing it over takes as long as a small one computes.
    process.env["TF_NUM_INTEROP_THREADS"] ??= "-1";
    started = start(choice === "auto" ? choiceFromEnvironment() : choice, onSetUp);
    started.catch(() => {
      started = undefined;
    });
  }
  const info = await started;
  if (choice !== "auto" && info.name !== choice) {
    throw new EnvironmentError(
      `Cannot start the ${choice} engine: this process already computes with ${info.name}`,
      "use one engine per process",
    );
  }
  return info;
}

function choiceFromEnvironment(): EngineChoice {
  const forced = process.env["CODILENS_ENGINE"];
  if (forced === undefined || forced === "") return "auto";
  const name = ENGINE_NAMES.find((each) => each === forced);
  if (name !== undefined) return name;
  throw new EnvironmentError(
    `CODILENS_ENGINE is "${forced}", wanted ${ENGINE_NAMES.join(", ")}`,
    "unset it or correct it",
  );
}

async function start(choice: EngineChoice, onSetUp: EngineOptions["onSetUp"]): Promise<EngineInfo> {
  const engine = choice === "webgpu" ? await startWebGpuInNode() : await startInstalled(choice, onSetUp);
  holdEngine(engine);
  await computesAt(engine.info);
  return engine.info;
}

async function startInstalled(
  choice: Exclude<EngineChoice, "webgpu">,
  onSetUp: EngineOptions["onSetUp"],
): Promise<StartedEngine> {
  const setUp = await setUpModules();
  const before = setUp.installedEngine();
  const suffices = choice === "wasm" || (before !== null && (choice === "auto" || before.engine === choice));
  const installed = suffices ? before : await setUpEngine(choice, onSetUp);
  const name: EngineName = choice === "auto" ? (installed?.engine ?? "native") : choice;
  return name === "native" ? startNative(installed, setUp) : startWasm(installed);
}

/** One product on the device that the engine has taken: a device that is listed may still not compute. */
async function computesAt({ name, device }: EngineInfo): Promise<void> {
  try {
    await checkFloat32();
  } catch (error) {
    if (device === "cpu" || error instanceof EnvironmentError) throw error;
    throw new EnvironmentError(
      `The GPU is listed and does not compute: ${firstLine(error)}`,
      name === "webgpu"
        ? `free its memory, compute with another engine, or look at \`${commandLine("doctor")}\``
        : `free its memory, hide it with CUDA_VISIBLE_DEVICES=, or look at \`${commandLine("doctor")}\``,
      { cause: error },
    );
  }
}

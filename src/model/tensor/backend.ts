/** Chooses and starts the engine: TensorFlow's C library through tfjs-node-gpu, or WASM. The one place that knows what a backend can do beyond plain tfjs. */

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { commandLine } from "../../../scripts/setup/command-line.mjs";
import { EnvironmentError } from "../../base/errors.js";
import { checkFloat32, forbidRounding } from "./float32.js";
import { type InstalledEngine, type SetUp, setUpEngine, setUpModules } from "./installed.js";
import { type Tensor, tf } from "./tf.js";

/** What the user may ask for; `auto` takes what the set-up installed. */
export type EngineChoice = "auto" | "native" | "wasm";

/** The engine that runs in this process. One process has one engine. */
export interface EngineInfo {
  readonly name: "native" | "wasm";
  /** Version of the library that computes: TensorFlow's for `native`, the WASM backend's for `wasm`. */
  readonly version: string;
  readonly device: "cpu" | "gpu";
  /** How the set-up obtained it, as the command `doctor` prints it. */
  readonly route: string;
  /** What the user should know of it, one line each; left out where there is nothing. */
  readonly notices?: readonly string[];
}

/** A tensor of the C library, known by its number; whoever makes it deletes it. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface NativeBinding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_Version?: string;
  /** Shares the array's memory until it is deleted. */
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  executeOp(op: string, attributes: unknown[], inputs: number[], outputs: number): NativeTensor[];
}

/** What this engine can do beyond tfjs. */
export interface NativeBackend {
  readonly binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  /** The C library's numbers of tensors; what tfjs has not handed over yet is handed over. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  /** Makes it a tfjs tensor, which owns it from then on. */
  createOutputTensor(tensor: NativeTensor): Tensor;
}

let started: Promise<EngineInfo> | undefined;
let startedChoice: EngineChoice = "auto";
let native: NativeBackend | undefined;

/** How the engine is started. */
export interface EngineOptions {
  /** Of one op of the native engine, and ops at a time; where the process set TensorFlow's own variables, they win. */
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
    if (threads !== undefined) {
      // Read by TensorFlow when its library makes the first pool of threads.
      process.env["TF_NUM_INTRAOP_THREADS"] ??= String(threads);
      process.env["TF_NUM_INTEROP_THREADS"] ??= String(threads);
    }
    startedChoice = choice === "auto" ? choiceFromEnvironment() : choice;
    started = start(startedChoice, onSetUp);
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

/** The native engine where it computes on the CPU, else null. */
export function nativeBackend(): NativeBackend | null {
  return native === undefined || native.isUsingGpuDevice ? null : native;
}

/** The native CPU engine where its ops may be called past tfjs: not while gradients are taken, which only tfjs's own ops have. */
export function rawEngine(): NativeBackend | null {
  return differentiable || native === undefined || native.isUsingGpuDevice ? null : native;
}

let differentiable = false;

/** Runs `body` on ops that all have gradients, for `tf.grad`. */
export function withGradients<T>(body: () => T): T {
  const before = differentiable;
  differentiable = true;
  try {
    return body();
  } finally {
    differentiable = before;
  }
}

function choiceFromEnvironment(): EngineChoice {
  const forced = process.env["CODILENS_ENGINE"];
  if (forced === undefined || forced === "") return "auto";
  if (forced === "native" || forced === "wasm") return forced;
  throw new EnvironmentError(`CODILENS_ENGINE is "${forced}", wanted native or wasm`, "unset it or correct it");
}

async function start(choice: EngineChoice, onSetUp: EngineOptions["onSetUp"]): Promise<EngineInfo> {
  const setUp = await setUpModules();
  const before = setUp.installedEngine();
  const suffices = choice === "wasm" || (before !== null && (choice === "auto" || before.engine === choice));
  const installed = suffices ? before : await setUpEngine(choice, onSetUp);
  const name = choice === "auto" ? (installed?.engine ?? "native") : choice;
  const info = await (name === "native" ? startNative(installed, setUp) : startWasm(installed));
  await computesAt(info.device);
  return info;
}

/** One product on the device that the engine has taken: a device that is listed may still not compute. */
async function computesAt(device: EngineInfo["device"]): Promise<void> {
  try {
    await checkFloat32();
  } catch (error) {
    if (device === "cpu" || error instanceof EnvironmentError) throw error;
    throw new EnvironmentError(
      `The GPU is listed and does not compute: ${firstLine(error)}`,
      `free its memory, hide it with CUDA_VISIBLE_DEVICES=, or look at \`${commandLine("doctor")}\``,
      { cause: error },
    );
  }
}

const requireHere = createRequire(import.meta.url);

function packageFolder(name: string): string {
  return dirname(requireHere.resolve(`${name}/package.json`));
}

async function startNative(installed: InstalledEngine | null, setUp: SetUp): Promise<EngineInfo> {
  // oneDNN and the allocator greet on stderr otherwise; a user's own setting wins.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  const notices = forbidRounding(process.env);
  let library: { readonly "tfjs-node"?: string };
  try {
    const folder = setUp.tfjsFolder() ?? packageFolder("@tensorflow/tfjs-node-gpu");
    library = (setUp.loadTfjs(folder, installed?.binding) as { version: typeof library }).version;
  } catch (error) {
    throw new EnvironmentError(
      `Cannot load the native engine: ${firstLine(error)}`,
      `run \`${commandLine("setup")}\`, or set CODILENS_ENGINE=wasm to compute without it (slower)`,
      { cause: error },
    );
  }
  await tf.setBackend("tensorflow");
  const backend = tf.backend() as unknown as NativeBackend;
  native = backend;
  const fallback = backend.isUsingGpuDevice ? null : whyCpu(installed, setUp);
  if (fallback !== null) notices.push(`the CUDA build computes on the CPU: ${fallback}`);
  return {
    name: "native",
    version: installed?.tensorflowVersion ?? backend.binding.TF_Version ?? library["tfjs-node"] ?? "unknown",
    device: backend.isUsingGpuDevice ? "gpu" : "cpu",
    route: installed?.route ?? "as found",
    ...(notices.length === 0 ? {} : { notices }),
  };
}

/** Null where no CUDA build is installed. TensorFlow gives its reason in its log only, which a second process reads. */
function whyCpu(installed: InstalledEngine | null, setUp: SetUp): string | null {
  if (installed?.gpu !== true || installed.binding === undefined) return null;
  return setUp.noGpuReason() ?? setUp.verify(installed.binding, { gpu: true }).reason;
}

async function startWasm(installed: InstalledEngine | null): Promise<EngineInfo> {
  const folder = packageFolder("@tensorflow/tfjs-backend-wasm");
  const wasm = requireHere("@tensorflow/tfjs-backend-wasm") as {
    setWasmPaths(prefix: string): void;
    version_wasm: string;
  };
  wasm.setWasmPaths(join(folder, "dist/"));
  if (!(await tf.setBackend("wasm"))) {
    throw new EnvironmentError(
      "Cannot start the WASM engine: its backend did not initialise",
      `run \`${commandLine("doctor")}\``,
    );
  }
  const route = installed?.engine === "wasm" ? installed.route : "asked for";
  return { name: "wasm", version: wasm.version_wasm, device: "cpu", route };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** The GPU engines of this machine: each is started once, and says what it computes on. */

import { setUpModules } from "../../src/model/tensor/engines/installed.js";
import { oursBy } from "../contenders/registry.mjs";
import { Contender } from "../protocol.mjs";

/** An engine that computes on a GPU, or on a processor that stands in for one. */
export interface GpuEngine {
  readonly name: "native" | "webgpu";
  readonly label: "CUDA" | "WebGPU";
  /** What it computes on, in words. */
  readonly device: string;
  /** Whether that is a processor: no figure of it is a GPU's. */
  readonly isSoftware: boolean;
}

/** What was found, and why the others are not there. */
export interface GpuEngines {
  readonly engines: readonly GpuEngine[];
  readonly absent: readonly { readonly name: string; readonly why: string }[];
}

const LABELS = { native: "CUDA", webgpu: "WebGPU" } as const;

/** Starts each engine, asks it, and lets it go. */
export async function gpuEngines(): Promise<GpuEngines> {
  const engines: GpuEngine[] = [];
  const absent: { name: string; why: string }[] = [];
  for (const name of ["native", "webgpu"] as const) {
    const found = await engineOf(name);
    if (typeof found === "string") absent.push({ name: LABELS[name], why: found });
    else engines.push(found);
  }
  return { engines, absent };
}

/** The engine, or why there is none. */
async function engineOf(name: GpuEngine["name"]): Promise<GpuEngine | string> {
  const missing = name === "native" ? await whyNoCuda() : null;
  if (missing !== null) return missing;
  try {
    const contender = await Contender.start(oursBy(name, "ours-ceilings"));
    const about = await contender.ask({ op: "about" });
    await contender.close();
    if (about["device"] !== "gpu") return `it computes on the CPU: ${String(about["notices"] ?? "no reason given")}`;
    const device = String(about["adapter"] ?? "an NVIDIA GPU");
    return { name, label: LABELS[name], device, isSoftware: about["isSoftware"] === true };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Asked before it is started: the engine would set itself up, which takes minutes and a network. */
async function whyNoCuda(): Promise<string | null> {
  const { installedEngine } = await setUpModules();
  const installed = installedEngine();
  if (installed?.engine === "native" && installed.gpu === true) return null;
  const found = installed?.engine === "native" ? "the native engine here is the CPU's build" : "no native engine here";
  return `${found}; TensorFlow's CUDA build takes 1.2 GB and comes by npm run setup -- --gpu, or by CODILENS_CACHE at a cache that holds it`;
}

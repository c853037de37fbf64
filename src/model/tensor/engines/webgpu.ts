/** WebGPU in Node, by Dawn. Two packages that nothing else asks for: they bring a GPU's code for every platform (132 MB). */

import { WEBGPU_INSTALL } from "../../../../scripts/setup/webgpu-adapter.mjs";
import { EnvironmentError } from "../../../base/errors.js";
import type { StartedEngine } from "../engine.js";
import { firstLine } from "./packages.js";
import { startDevice } from "./webgpu-device.js";

/** @throws EnvironmentError where a package, an adapter or a device is missing, or the adapter computes in software and was not asked for. */
export async function startWebGpuInNode(): Promise<StartedEngine> {
  const gpu = await gpuOfNode();
  await found(() => import("@tensorflow/tfjs-backend-webgpu"));
  return startDevice(gpu, { route: "Dawn", software: process.env["CODILENS_WEBGPU_SOFTWARE"] === "1" });
}

let made: GPU | undefined;

/** Dawn's WebGPU, under the names that browsers have it. @throws EnvironmentError where it is not installed. */
export async function gpuOfNode(): Promise<GPU> {
  if (made !== undefined) return made;
  const { create, globals } = await found(() => import("webgpu"));
  Object.assign(globalThis, globals);
  made = create([]);
  // Node has a navigator from version 21 on; tfjs asks it for WebGPU.
  const navigator = globalThis.navigator ?? { userAgent: `Node.js/${process.versions.node.split(".")[0]}` };
  if (globalThis.navigator === undefined)
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
  Object.defineProperty(navigator, "gpu", { value: made, configurable: true });
  return made;
}

async function found<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND")
      throw new EnvironmentError(
        "The WebGPU engine needs the packages webgpu and @tensorflow/tfjs-backend-webgpu, which are not installed here",
        WEBGPU_INSTALL,
        { cause: error },
      );
    throw new EnvironmentError(
      `Cannot load the WebGPU engine: ${firstLine(error)}`,
      "this platform has no build of it, or the system lacks a library that it names: compute with another engine",
      { cause: error },
    );
  }
}

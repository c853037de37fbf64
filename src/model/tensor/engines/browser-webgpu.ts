/** Starts the WebGPU engine in a page or a worker of a browser. */

import { EnvironmentError } from "../../../base/errors.js";
import { type EngineInfo, holdEngine } from "../engine.js";
import { checkFloat32 } from "../float32.js";
import { startDevice } from "./webgpu-device.js";

/** How the WebGPU engine is started in a browser. */
export interface BrowserWebGpuOptions {
  /** Takes an adapter that computes on the CPU, which is far slower than WASM: for tests. */
  readonly software?: boolean;
}

/**
 * Starts tfjs's WebGPU backend and holds it as the engine of this page or worker. The package `@tensorflow/tfjs-backend-webgpu` is loaded on
 * demand, and must be among the page's own packages.
 *
 * @throws EnvironmentError where the browser has no WebGPU, no adapter, or only one in software that was not asked for.
 * @example
 * ```ts
 * // In a browser it gives the engine. Node has no GPU of a browser:
 * const said = await startWebGpu().catch((error: Error) => error.message);
 * said; // → This browser has no WebGPU
 * ```
 */
export async function startWebGpu({ software = false }: BrowserWebGpuOptions = {}): Promise<EngineInfo> {
  // Some browsers have none, whatever the types say.
  const gpu = (globalThis.navigator as Partial<Navigator> | undefined)?.gpu;
  if (gpu === undefined)
    throw new EnvironmentError(
      "This browser has no WebGPU",
      "compute with WASM, or take a browser that has it and a page that is served by https or from this machine",
    );
  const engine = await startDevice(gpu, { software, route: "browser" });
  holdEngine(engine);
  await checkFloat32();
  return engine.info;
}

/** Starts an engine of the browser in the worker. */

import { setWasmPaths, version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { EnvironmentError } from "../../base/errors.js";
import { currentEngine, type EngineInfo, holdEngine, tf } from "../../browser.js";
import type { LabEngine } from "./messages.js";

const WASM_FILES = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];

/** @throws EnvironmentError where the browser cannot. */
export async function startEngine(engine: LabEngine): Promise<EngineInfo> {
  if (engine === "webgpu") throw new EnvironmentError("This page has no WebGPU engine yet", "use WASM");
  const folder = new URL("../wasm/", self.location.href).href;
  setWasmPaths(Object.fromEntries(WASM_FILES.map((name) => [name, `${folder}${name}`])));
  if (!(await tf.setBackend("wasm")))
    throw new EnvironmentError("The WASM engine did not start", "use a browser with WebAssembly");
  holdEngine({ info: { name: "wasm", version: version_wasm, device: "cpu", route: "page" }, native: null });
  return currentEngine();
}

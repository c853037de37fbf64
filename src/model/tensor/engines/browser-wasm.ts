/** Starts the WASM engine in a page or a worker of a browser. */

import { EnvironmentError } from "../../../base/errors.js";
import { type EngineInfo, holdEngine } from "../engine.js";
import { checkFloat32 } from "../float32.js";
import { tf } from "../tf.js";

/** How the WASM engine is started in a browser. */
export interface BrowserWasmOptions {
  /** Folder's address, with a slash at its end, where tfjs's `.wasm` files are served. */
  readonly paths: string;
  /**
   * Threads to compute with. More than one needs memory that threads share: a page that is isolated (COOP and COEP headers), and whose
   * content policy lets workers come from `blob:`. Elsewhere one is taken. Default 1.
   */
  readonly threads?: number;
}

/**
 * Starts tfjs's WASM backend and holds it as the engine of this page or worker. The package `@tensorflow/tfjs-backend-wasm` is loaded on demand.
 *
 * @throws EnvironmentError where the browser has no WebAssembly with SIMD, or the files cannot be had.
 * @example
 * ```ts
 * // In a page or its worker, before a model is loaded:
 * const start = () => startWasm({ paths: "assets/" });
 * typeof start; // → function
 * ```
 */
export async function startWasm({ paths, threads = 1 }: BrowserWasmOptions): Promise<EngineInfo> {
  const { setThreadsCount, setWasmPaths, version_wasm } = await import("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")))
    throw new EnvironmentError(
      "This browser has no WebAssembly with SIMD",
      "take Chrome 91, Edge 91, Firefox 89 or Safari 16.4, or newer",
    );
  setWasmPaths(paths);
  const isShared = globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer === "function";
  const taken = isShared ? threads : 1;
  if (taken > 1) setThreadsCount(taken);
  else tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (!(await tf.setBackend("wasm")))
    throw new EnvironmentError(
      `Cannot start the WASM engine: its files did not come from ${paths}`,
      "look whether the .wasm files are served there, as application/wasm",
    );
  const route = taken > 1 ? `browser, ${taken} threads` : "browser";
  const info: EngineInfo = { name: "wasm", version: version_wasm, device: "cpu", route };
  holdEngine({ info, native: null, addressableBytes: 2 ** 32 });
  await checkFloat32();
  return info;
}

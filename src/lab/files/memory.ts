/** Does a checkpoint fit? Said, and where it cannot fit refused, before a weight is read. */

import { EnvironmentError } from "../../base/errors.js";
import type { FilesEstimate } from "../../browser.js";

/** What bounds a load in this browser. */
export interface MemoryLimits {
  readonly engine: "wasm" | "webgpu";
  /** Memory of the device in bytes, as far as the browser says it; null where it does not. */
  readonly deviceBytes: number | null;
  /** The most that one buffer of the GPU can hold for a computation; null on WASM. */
  readonly bufferBytes: number | null;
}

/** Most that a WebAssembly engine can address: 32 bits. */
export const WASM_BYTES = 2 ** 32;
/** Of the page, its worker and the engine before a model is there: a tab of Chromium had 222 MiB with tiny-codi loaded, of which it used 16 in WASM. */
const PAGE_BYTES = 200 * 2 ** 20;
const ENGINE_BYTES = 16 * 2 ** 20;
/** For each block and dimension: activations, the KV cache and kept runs, at their peak in a sweep. Measured: 36 MiB for 16 × 64, 250 MiB for 8 × 384. */
const WORK_EACH = 100 * 2 ** 10;
/** Batches are cut so that they hold no more. */
const MOST_WORK = 256 * 2 ** 20;

/** What a load would take. */
export interface Fit {
  /** On the engine, at its peak. */
  readonly engineBytes: number;
  /** In the page and on the engine together, at its peak. */
  readonly peakBytes: number;
  /** One sentence for the reader. */
  readonly sentence: string;
}

/** @throws EnvironmentError where it cannot fit, with what to do. */
export function fitOf(estimate: FilesEstimate, limits: MemoryLimits): Fit {
  const { name, weightBytes, passingBytes, largestBytes, parameters, layers, dModel } = estimate;
  const workBytes = Math.min(MOST_WORK, WORK_EACH * layers * dModel);
  const engineBytes = ENGINE_BYTES + weightBytes + workBytes;
  const peakBytes = PAGE_BYTES + weightBytes + workBytes + passingBytes;
  const needs = `${name} has ${count(parameters)} weights and takes about ${size(peakBytes)} of memory here`;
  if (limits.engine === "wasm" && engineBytes > WASM_BYTES)
    throw new EnvironmentError(
      `${needs}; WebAssembly can address ${size(WASM_BYTES)}`,
      "switch to WebGPU, or use the command line, which has no such limit",
    );
  if (limits.bufferBytes !== null && largestBytes > limits.bufferBytes)
    throw new EnvironmentError(
      `${name} needs ${size(largestBytes)} in one piece; a buffer of this GPU holds ${size(limits.bufferBytes)}`,
      "use the command line, which computes on the CPU",
    );
  if (limits.deviceBytes !== null && peakBytes > limits.deviceBytes)
    throw new EnvironmentError(
      `${needs}; this device says that it has ${size(limits.deviceBytes)}`,
      "open the page on a device with more memory, or use the command line there",
    );
  return { engineBytes, peakBytes, sentence: `${needs}.` };
}

function size(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

function count(parameters: number): string {
  if (parameters < 1e6) return parameters.toLocaleString("en-US");
  return parameters < 1e9 ? `${(parameters / 1e6).toFixed(1)} million` : `${(parameters / 1e9).toFixed(2)} billion`;
}

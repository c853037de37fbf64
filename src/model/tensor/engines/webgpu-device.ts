/** A WebGPU device as an engine, in Node and in browsers alike: asks for it, hands it to tfjs, and watches it. No Node API is used. */

import { adapterDescription } from "../../../../scripts/setup/webgpu-adapter.mjs";
import { CodiLensError, EnvironmentError, UsageError } from "../../../base/errors.js";
import type { StartedEngine } from "../engine.js";
import { tf } from "../tf.js";

/** How a device is asked for. */
export interface DeviceOptions {
  /** How the engine came here, in a word. */
  readonly route: string;
  /** Takes an adapter that computes on the CPU, which is far slower than the other engines: for tests. */
  readonly software?: boolean;
}

/**
 * Starts tfjs's WebGPU backend on the machine's fastest adapter.
 *
 * @throws EnvironmentError where there is no adapter, only one in software that was not asked for, or no device of it.
 */
export async function startDevice(gpu: GPU, { route, software = false }: DeviceOptions): Promise<StartedEngine> {
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null)
    throw new EnvironmentError(
      "Cannot start the WebGPU engine: there is no adapter, so no GPU whose driver WebGPU can use",
      "install the GPU's driver (Vulkan on Linux), or compute with another engine",
    );
  const description = adapterDescription(adapter.info);
  if (description.isSoftware && !software)
    throw new EnvironmentError(
      `Cannot start the WebGPU engine: its only adapter, ${description.name}, computes on the CPU, slower than the other engines do`,
      "compute with another engine, or set CODILENS_WEBGPU_SOFTWARE=1 to take it all the same",
    );
  const device = await deviceOf(adapter);
  const check = watched(device);
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  // The package registered its own at its import, which asks for another device.
  tf.removeBackend("webgpu");
  const backend = new WebGPUBackend(device, adapter.info);
  backend.readSync = (dataId) => hostNumbers(backend.tensorMap.get(dataId).values);
  tf.registerBackend("webgpu", () => backend, 0);
  // Small tensors would be computed on the CPU by another code with other last digits, as long as they have not been on the GPU.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  await tf.setBackend("webgpu");
  return {
    info: { name: "webgpu", version: tf.version_core, device: "gpu", adapter: description.name, route },
    native: null,
    tensorBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    settle: ({ dataId }) => backend.uploadToGPU(dataId),
    holds: (bytes) => holds(device, bytes),
    afterRead: () => {
      check();
      giveBack(backend.bufferManager as unknown as Buffers);
    },
  };
}

/** What lies on the host is given; tfjs would copy the rest through a canvas, which only pages have. @throws UsageError where it lies on the GPU. */
function hostNumbers<T>(values: T | null | undefined): T {
  if (values !== null && values !== undefined) return values;
  throw new UsageError(
    "A tensor on the GPU cannot be read synchronously",
    "read it by `await x.data()` outside of hooks (what is given may be { shape, data }), or capture the site",
  );
}

/** WebGPU grants small limits by default, and more where it is asked by name. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
] as const;

async function deviceOf(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  try {
    return await adapter.requestDevice({ requiredLimits });
  } catch (error) {
    throw new EnvironmentError(
      `Cannot start the WebGPU engine: the adapter gives no device (${error instanceof Error ? error.message : String(error)})`,
      "close other programs that use the GPU, or compute with another engine",
      { cause: error },
    );
  }
}

/** Nothing that fails on a device throws: it is reported beside the calls, and what follows computes on zeros. */
function watched(device: GPUDevice): () => void {
  let failure: CodiLensError | null = null;
  void device.lost.then(({ message }) => {
    failure ??= new EnvironmentError(
      `The GPU was lost (${message.split("\n")[0] || "no reason given"}): nothing that it computed since can be used`,
      "start again, a run with the same command, which goes on where it stopped",
    );
  });
  device.addEventListener("uncapturederror", (event) => {
    const { error } = event as GPUUncapturedErrorEvent;
    failure ??=
      error instanceof GPUOutOfMemoryError
        ? new EnvironmentError("The GPU has too little memory", "use a smaller batch, or compute with another engine")
        : new CodiLensError(`The GPU refused an operation: ${error.message.split("\n")[0]}`, "report this");
  });
  return () => {
    if (failure !== null) throw failure;
  };
}

/** Of one buffer of a trial: allocators refuse a single large one sooner than several. */
const TRIAL_BYTES = 2 ** 28;

/** WebGPU does not say how much memory there is: it is taken, as far as there is so much, and given back. */
async function holds(device: GPUDevice, bytes: number): Promise<boolean> {
  const sizes = Array.from({ length: Math.ceil(bytes / TRIAL_BYTES) }, (_, i) =>
    Math.min(TRIAL_BYTES, bytes - i * TRIAL_BYTES),
  );
  device.pushErrorScope("out-of-memory");
  const buffers = sizes.map((size) =>
    device.createBuffer({ size: Math.ceil(size / 4) * 4, usage: GPUBufferUsage.STORAGE }),
  );
  const refused = await device.popErrorScope();
  for (const buffer of buffers) buffer.destroy();
  return refused === null;
}

/** What is used of tfjs's own pool, which keeps every buffer that was ever needed, by its exact size. */
interface Buffers {
  numFreeBuffers: number;
  readonly numBytesUsed: number;
  numBytesAllocated: number;
  readonly freeBuffers: Map<string, GPUBuffer[]>;
}

const SPARE_BYTES = 2 ** 28;

/** Lengths vary without end, and so do sizes: without this a long run takes more and more memory. */
function giveBack(pool: Buffers): void {
  if (pool.numBytesAllocated - pool.numBytesUsed < SPARE_BYTES) return;
  for (const buffers of pool.freeBuffers.values()) {
    for (const buffer of buffers) {
      pool.numBytesAllocated -= buffer.size;
      buffer.destroy();
    }
    pool.numFreeBuffers -= buffers.length;
    buffers.length = 0;
  }
}

/** Starts TensorFlow's C library through tfjs-node-gpu. */

import { commandLine } from "../../../../scripts/setup/command-line.mjs";
import { EnvironmentError } from "../../../base/errors.js";
import type { NativeBackend, StartedEngine } from "../engine.js";
import { forbidRounding } from "../float32.js";
import { bringsKernels, KERNELS } from "../kernels.js";
import { tf } from "../tf.js";
import type { InstalledEngine, SetUp } from "./installed.js";
import { loadGraph } from "./load-graph.js";
import { firstLine, packageFolder } from "./packages.js";

/** @param installed what the set-up left, or null. @throws EnvironmentError where its library cannot be loaded. */
export async function startNative(installed: InstalledEngine | null, setUp: SetUp): Promise<StartedEngine> {
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
  const native = tf.backend() as unknown as NativeBackend;
  const kernels = installed?.kernels !== false && !native.isUsingGpuDevice && bringsKernels(native);
  const fallback = native.isUsingGpuDevice ? null : whyCpu(installed, setUp);
  if (fallback !== null) notices.push(`the CUDA build computes on the CPU: ${fallback}`);
  const info = {
    name: "native",
    version: `${installed?.tensorflowVersion ?? native.binding.TF_Version ?? library["tfjs-node"] ?? "unknown"}${kernels ? `+k${KERNELS}` : ""}`,
    device: native.isUsingGpuDevice ? "gpu" : "cpu",
    route: installed?.route ?? "as found",
    ...(notices.length === 0 ? {} : { notices }),
  } as const;
  return { info, native, kernels, loadGraph: (message) => loadGraph(native.binding, message) };
}

/** Null where no CUDA build is installed. TensorFlow gives its reason in its log only, which a second process reads. */
function whyCpu(installed: InstalledEngine | null, setUp: SetUp): string | null {
  if (installed?.gpu !== true || installed.binding === undefined) return null;
  return setUp.noGpuReason() ?? setUp.verify(installed.binding, { gpu: true }).reason;
}

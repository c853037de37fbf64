/** Is there a GPU that the CUDA build could use, and what did TensorFlow say about the one it used or did not use? */

import { exists } from "./places.mjs";

/** Why no GPU can be used, or null where a driver is there. */
export function noGpuReason(platform = process.platform, there = exists) {
  if (platform !== "linux") return `no CUDA route for ${platform}`;
  const driver = ["/dev/nvidiactl", "/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1"].some((each) =>
    there(each),
  );
  return driver ? null : "no NVIDIA driver on this machine";
}

/** What TensorFlow's log at its lowest level says of why it computes on the CPU, most telling first. */
const REASONS = [
  // Those of the driver, of TensorRT and of several machines are asked for too, and not needed here.
  [
    /Could not load dynamic library '((?!libcuda\.|libnvidia-ml|libnvinfer|libnvshmem)[^']+)'/g,
    (names) => `CUDA libraries that do not load: ${names.join(", ")}`,
  ],
  [/(?:CUDA_ERROR_OUT_OF_MEMORY|out of memory|failed to alloc\w*[^\n]*)/gi, () => "the GPU's memory does not suffice"],
  [/Could not find cuda drivers|cuInit: [^\n]*\(303\)/g, () => "no NVIDIA driver (libcuda.so.1) is found"],
  [/failed call to cuInit: ([^\n]+)/g, ([text]) => `the NVIDIA driver does not start: ${text.trim()}`],
  [/Ignoring visible gpu device \(?([^\n]+)/g, ([text]) => `TensorFlow passes the GPU over: ${text.trim()}`],
  [/Cannot dlopen some GPU libraries/g, () => "some CUDA libraries do not load"],
];

/** Why the CUDA build computes on the CPU: no driver (`driver`, where that is known), else out of what it printed. */
export function cpuReason(log, driver = noGpuReason()) {
  if (driver !== null) return driver;
  for (const [pattern, text] of REASONS) {
    const found = [...log.matchAll(pattern)].map(([whole, part]) => part ?? whole);
    if (found.length > 0) return text([...new Set(found)]).slice(0, 300);
  }
  return "TensorFlow lists no GPU and does not say why";
}

/** The GPU's name out of what TensorFlow printed. */
export function deviceName(log) {
  return /Created device [^\n]*GPU:0[^\n]* name: ([^,\n]+)/.exec(log)?.[1]?.trim() ?? "GPU";
}

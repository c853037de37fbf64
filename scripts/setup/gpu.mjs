/** Is there a GPU that the CUDA build could use? */

import { exists } from "./places.mjs";

/** Why no GPU can be used, or null where a driver is there. */
export function noGpuReason(platform = process.platform, there = exists) {
  if (platform !== "linux") return `no CUDA route for ${platform}`;
  const driver = ["/dev/nvidiactl", "/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1"].some((each) =>
    there(each),
  );
  return driver ? null : "no NVIDIA driver on this machine";
}

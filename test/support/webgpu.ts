/** A GPU without a GPU: SwiftShader, which Debian's Chromium brings, as the adapter that WebGPU finds in Node. Slow, and right. */

import { existsSync } from "node:fs";

/** SwiftShader as Vulkan's loader wants it named. */
export const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What a process needs in its environment to compute on it. */
export const SOFTWARE_GPU = { VK_DRIVER_FILES: SWIFTSHADER, CODILENS_WEBGPU_SOFTWARE: "1" } as const;

/** Lets this process and those that it starts find it. @throws Error where it is not installed. */
export function takeSoftwareGpu(): void {
  if (!existsSync(SWIFTSHADER)) throw new Error(`${SWIFTSHADER} is not there: install Debian's package chromium`);
  Object.assign(process.env, SOFTWARE_GPU);
}

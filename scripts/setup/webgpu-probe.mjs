/** Says what WebGPU finds here, as JSON on stdout; Dawn says on stderr why it finds nothing. A process of its own: a driver may end it. */

import { adapterDescription } from "./webgpu-adapter.mjs";

const found = await import("webgpu").then(
  async ({ create }) => {
    const adapter = await create([]).requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) return { state: "none" };
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    return {
      state: "found",
      ...adapterDescription(adapter.info),
      driver: adapter.info.description,
      bindingBytes: maxStorageBufferBindingSize,
      bufferBytes: maxBufferSize,
    };
  },
  (error) => ({
    state: error.code === "ERR_MODULE_NOT_FOUND" ? "missing" : "broken",
    why: error.message.split("\n")[0],
  }),
);
// Dawn's threads would keep the process.
process.stdout.write(JSON.stringify(found), () => process.exit(0));

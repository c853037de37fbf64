/** Says what WebGPU finds here, as JSON on stdout; Dawn says on stderr why it finds nothing. A process of its own: a driver may end it. */

const found = await import("webgpu").then(
  async ({ create }) => {
    const adapter = await create([]).requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) return { state: "none" };
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    return {
      state: "found",
      name: [vendor, architecture, device].filter(Boolean).join(" "),
      driver: description,
      isSoftware: isFallbackAdapter,
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

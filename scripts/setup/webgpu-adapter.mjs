/** What is known of WebGPU's adapters and packages, for the engine and for `doctor`. It imports nothing and uses no Node API: browsers run it too. */

/** Installs what `--engine webgpu` needs in Node. */
export const WEBGPU_INSTALL = "npm install webgpu@0.6 @tensorflow/tfjs-backend-webgpu@4.22.0";

// Drivers that compute on the CPU. Not all of them call themselves a fallback.
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|\bwarp\b|basic render/i;

/** An adapter in words, and whether it computes on the CPU: by its own word, or by the name of its driver. */
export function adapterDescription({ vendor, architecture, device, description, isFallbackAdapter }) {
  const words = [vendor, architecture, device].filter((each) => each !== "");
  return {
    name: words.join(" ") || "unnamed adapter",
    isSoftware: isFallbackAdapter || SOFTWARE.test([...words, description].join(" ")),
  };
}

/** Gradients through the latents on WebGPU, beside PyTorch's autograd. */
// @needs engine, webgpu, time

import { gradientSuite } from "../support/gradients.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();
gradientSuite("webgpu", [["qwen2-codi", "codi"]], "propagate");

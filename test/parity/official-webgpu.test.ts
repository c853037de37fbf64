// @needs engine, webgpu, time

import { officialSuite } from "../support/official-suite.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();
// In software a pass takes a hundred times as long. These three have every part that tiny-codi's family and protocol have not: GPT-2's norms,
// positions, fused matrix and GELU, the state fed back as it is; Qwen2's biases; the pause control's vector.
officialSuite("webgpu", { names: ["gpt2-coconut", "qwen2-codi", "gpt2-pause"], withZeroed: false });

/** Gradients through the latents on WASM, beside PyTorch's autograd. */
// @needs engine, process

import { gradientSuite } from "../support/gradients.js";

gradientSuite("wasm", [["qwen2-codi", "codi"]], "propagate");

/** Gradients through the latents on the native engine, beside PyTorch's autograd. */
// @needs engine, time

import { gradientSuite } from "../support/gradients.js";

gradientSuite("native", ["tiny-codi", "grouped-llama3", "gpt2-codi", "qwen2-codi", "gpt2-coconut"]);

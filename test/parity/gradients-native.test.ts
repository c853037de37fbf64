/** Gradients through the latents on the native engine, beside PyTorch's autograd. */
// @needs engine, time

import { gradientSuite } from "../support/gradients.js";

gradientSuite("native", [
  ["tiny-codi", "codi"],
  ["grouped-llama3", "codi"],
  ["gpt2-codi", "codi"],
  ["qwen2-codi", "codi"],
  ["gpt2-coconut", "coconut"],
  ["gpt2-pause", "pause"],
  ["gpt2-stage0", "none"],
  ["simcot-codi", "codi"],
  ["simcot-coconut", "coconut"],
  ["grouped-llama3", "seed"],
]);

// @needs engine, webgpu, time

import { interventionsSuite } from "../support/interventions-suite.js";
import { smallModel } from "../support/small-model.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();
// In software a pass takes ten times as long and more: one case in ninety, as branches of one run.
const small = await smallModel("single-kv-lora", { blocks: 2, latents: 2 });
interventionsSuite("webgpu", { checkpoints: ["single-kv-lora"], oneIn: 90, isAlone: false, small });

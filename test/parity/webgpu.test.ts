// @needs engine, webgpu, time

import { paritySuite } from "../support/parity-suite.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();
// In software a pass takes a hundred times as long. `npm run parity` measures all checkpoints; what is zeroed is a case of the interventions.
paritySuite("webgpu", { models: ["single-kv-lora"], withEmbedded: false, withZeroed: false, inOneRun: true });

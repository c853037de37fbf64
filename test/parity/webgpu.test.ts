// @needs engine, webgpu, time

import { paritySuite } from "../support/parity-suite.js";
import { takeSoftwareGpu } from "../support/webgpu.js";

takeSoftwareGpu();
// In software a pass takes ten times as long and more. `npm run parity` measures all checkpoints.
paritySuite("webgpu", { models: ["single-kv-lora"], withEmbedded: false });

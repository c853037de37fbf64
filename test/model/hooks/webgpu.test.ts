// @needs engine, webgpu, time

import { hooksSuite } from "../../support/hooks-suite.js";
import { smallModel } from "../../support/small-model.js";
import { takeSoftwareGpu } from "../../support/webgpu.js";

takeSoftwareGpu();
// In software a pass takes a hundred times as long and more.
const folder = await smallModel("half", { blocks: 2, latents: 1 });
hooksSuite("webgpu", { folder, question: "2 and 2?", maxNewTokens: 1, isWhole: false });

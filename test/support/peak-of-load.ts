/** `node --import tsx peak-of-load.ts FOLDER`: loads a checkpoint's weights and prints what was estimated and the process's peak memory. */

import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { loadEstimate } from "../../src/model/latent/load/memory.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";

await startEngine("native");
const checkpoint = await openCheckpoint(openFolder(process.argv[2] ?? ""));
await uploadModel(checkpoint);
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ...loadEstimate(checkpoint), peak })}\n`);

/** Reads a CODI checkpoint, merges LoRA, widens to float32; prints one JSON line. `--run`: answers a question too. */

import { CodiModel } from "../../src/index.js";
import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";

const [folder = "", flag] = process.argv.slice(2);
const engine = await startEngine("auto");
const peak = (): number => process.resourceUsage().maxRSS * 1024;
if (flag === "--run") {
  const start = performance.now();
  const model = await CodiModel.load(folder);
  const loaded = performance.now();
  const { promptIds, answer } = await model.run("x".repeat(62), { maxNewTokens: 8 });
  const seconds = (performance.now() - loaded) / 1000;
  print({
    seconds: (loaded - start) / 1000,
    run: { seconds, promptTokens: promptIds.length, answerTokens: answer.ids.length },
  });
} else {
  const start = performance.now();
  const checkpoint = await openCheckpoint(openFolder(folder));
  await uploadModel(checkpoint);
  print({ seconds: (performance.now() - start) / 1000, weightBytes: 4 * checkpoint.parameters });
}

function print(values: object): void {
  process.stdout.write(
    `${JSON.stringify({ ...values, peakBytes: peak(), version: `${engine.name} ${engine.version}` })}\n`,
  );
}

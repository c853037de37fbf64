/** Loads a checkpoint, held as asked, and times a prompt and single steps: `node --import tsx hold-ours.mts FOLDER float32|stored`. Prints one JSON line. */

import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { Ascent } from "../../src/model/decoder/ascent.js";
import { KvCache } from "../../src/model/decoder/kv-cache.js";
import { RunHooks } from "../../src/model/hooks/run-hooks.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import { groupOf } from "../../src/model/latent/plan/row-tree.js";
import { measureSteps } from "../../src/model/latent/plan/step-rates.js";
import { prefillStep } from "../../src/model/latent/plan/steps.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import type { Hold } from "../../src/model/tensor/hold-names.js";
import { numbersOf } from "../../src/model/tensor/numbers.js";
import { tf } from "../../src/model/tensor/tf.js";

const PROMPT = 64;
const REPEATS = 4;
const [folder = "", hold = "float32"] = process.argv.slice(2);
const engine = await startEngine("auto");
const peak = (): number => process.resourceUsage().maxRSS * 1024;
const start = performance.now();
const checkpoint = await openCheckpoint(openFolder(folder));
const { decoder } = await uploadModel(checkpoint, { hold: hold as Hold });
const seconds = (performance.now() - start) / 1000;
const loadPeakBytes = peak();

const promptIds = Array.from({ length: PROMPT }, (_, i) => i);
const row = { question: 0, condition: null, promptIds, pin: null };
const frame = { rows: [row], hasBot: false, latents: 0, eotTokens: 0, prefillColumns: PROMPT };
const times: number[] = [];
let first: Float32Array | null = null;
for (let repeat = 0; repeat < REPEATS; repeat++) {
  const begin = performance.now();
  const hidden = tf.tidy(() => {
    const step = prefillStep(frame, [groupOf([0])]);
    const made = decoder.forward(decoder.embed(promptIds), KvCache.empty(1), {
      ascent: Ascent.flat(step),
      hooks: new RunHooks([], [], [0]),
    });
    made.cache.dispose();
    return made.hidden;
  });
  const numbers = await numbersOf(hidden);
  times.push(performance.now() - begin);
  first ??= numbers.slice(0, 4);
  hidden.dispose();
}
const steps = await measureSteps(decoder, {
  logitRows: checkpoint.vocabRows,
  bosTokenId: checkpoint.config.bosTokenId,
});
const result = { hold, seconds, loadPeakBytes, peakBytes: peak(), prefillMs: Math.min(...times.slice(1)), steps };
process.stdout.write(
  `${JSON.stringify({ ...result, first: [...(first ?? [])], version: `${engine.name} ${engine.version}` })}\n`,
);

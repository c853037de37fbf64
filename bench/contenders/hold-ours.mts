/** Loads a checkpoint, held as asked, and times a prompt and single steps: `node --import tsx hold-ours.mts FOLDER float32|stored`. Prints one JSON line. */

import type { Hold } from "../../src/model/tensor/hold-names.js";
import { Engine, release } from "./ours-engine.mjs";

const PROMPT = 64;
const REPEATS = 4;
const [folder = "", hold = "float32"] = process.argv.slice(2);
const peak = (): number => process.resourceUsage().maxRSS * 1024;
const start = performance.now();
const engine = await Engine.open(folder, { hold: hold as Hold });
const seconds = (performance.now() - start) / 1000;
const loadPeakBytes = peak();

const promptIds = Array.from({ length: PROMPT }, (_, i) => i);
const times: number[] = [];
let first: number[] | null = null;
for (let repeat = 0; repeat < REPEATS; repeat++) {
  const begin = performance.now();
  const made = await engine.prefill(promptIds);
  times.push(performance.now() - begin);
  first ??= [...(await made.hidden.data()).slice(0, 4)];
  release(made);
}
const steps = await engine.stepRates();
const result = { hold, seconds, loadPeakBytes, peakBytes: peak(), prefillMs: Math.min(...times.slice(1)), steps };
process.stdout.write(`${JSON.stringify({ ...result, first, version: engine.version })}\n`);

/** Loads the engine and computes a product, in a process of its own (binding.mjs): node trial.mjs FOLDER-OF-TFJS-NODE BINDING. */

import { loadTfjs } from "./load.mjs";

const [folder, binding] = process.argv.slice(2);
const tf = loadTfjs(folder, binding);
const out = tf
  .matMul(
    [
      [1, 2],
      [3, 4],
    ],
    [[5], [6]],
  )
  .dataSync();
if (out[0] !== 17 || out[1] !== 39) throw new Error(`wrong product ${out}`);
process.stdout.write(JSON.stringify({ gpu: tf.backend?.().isUsingGpuDevice === true }));

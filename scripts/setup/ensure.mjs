/** Sets the engine up for a program that loads a model (src/model/tensor/engines/installed.ts): lines on stderr, what is installed as JSON on stdout. */

import { ensureEngine } from "./engine.mjs";
import { say } from "./places.mjs";
import { checkNode, ensureDependencies } from "./prepare.mjs";

try {
  checkNode();
  await ensureDependencies();
  process.stdout.write(JSON.stringify(await ensureEngine()));
} catch (error) {
  say(error.exitCode === undefined ? `set-up failed: ${error.message}` : error.message);
  process.exitCode = error.exitCode ?? 1;
}

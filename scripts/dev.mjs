/** Runs a TypeScript file of test or bench after the set-up: `node scripts/dev.mjs FILE [ARGUMENTS]`. */

import { spawnSync } from "node:child_process";
import { ensureEngine } from "./setup/engine.mjs";
import { project, say } from "./setup/places.mjs";
import { checkNode, ensureDependencies } from "./setup/prepare.mjs";

async function main() {
  checkNode();
  await ensureDependencies();
  await ensureEngine();
  const args = ["--import", "tsx", ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { cwd: project, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

main().catch((error) => {
  say(error.exitCode === undefined ? `${process.argv[2]} could not run: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
});

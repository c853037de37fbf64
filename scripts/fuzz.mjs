/** `npm run fuzz`: set-up, then the fuzzer under tsx. Arguments go to `test/fuzz/main.ts`. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureEngine } from "./setup/engine.mjs";
import { packageFolder, project, say } from "./setup/places.mjs";
import { checkNode, ensureDependencies } from "./setup/prepare.mjs";

async function main() {
  checkNode();
  await ensureDependencies();
  await ensureEngine();
  const tsx = join(packageFolder("tsx"), "dist", "cli.mjs");
  const args = [tsx, join(project, "test", "fuzz", "main.ts"), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { cwd: project, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

main().catch((error) => {
  say(error.exitCode === undefined ? `the fuzzer could not run: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
});

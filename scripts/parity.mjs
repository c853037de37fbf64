/** `npm run parity`: set-up, then the table of differences to the reference by stage (test/parity/report.ts). */

import { spawn } from "node:child_process";
import { ensureEngine } from "./setup/engine.mjs";
import { project, say } from "./setup/places.mjs";
import { checkNode, ensureDependencies } from "./setup/prepare.mjs";

async function main() {
  checkNode();
  await ensureDependencies();
  await ensureEngine();
  const args = ["--import", "tsx", "test/parity/report.ts", ...process.argv.slice(2)];
  process.exitCode = await new Promise((done) =>
    spawn(process.execPath, args, { cwd: project, stdio: ["ignore", "inherit", "inherit"] }).on("close", (code) =>
      done(code ?? 1),
    ),
  );
}

main().catch((error) => {
  say(error.exitCode === undefined ? `parity could not run: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
});

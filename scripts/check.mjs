/**
 * `npm run check`, the one gate: format and lint, types, then all tests (import order and docs on exports are among them).
 * Further arguments, such as `--fast`, go to the tests.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageFolder, project, say } from "./setup/places.mjs";
import { checkNode, ensureDependencies } from "./setup/prepare.mjs";

checkNode();
await ensureDependencies();
const steps = [
  ["format and lint", [join(packageFolder("@biomejs/biome"), "bin", "biome"), "check", "."]],
  ["types", [join(packageFolder("typescript"), "bin", "tsc"), "--noEmit"]],
  ["tests", [join(project, "scripts", "test.mjs"), ...process.argv.slice(2)]],
];
for (const [name, args] of steps) {
  say(name);
  const { status } = spawnSync(process.execPath, args, { cwd: project, stdio: "inherit" });
  if (status !== 0) {
    say(`${name}: failed`);
    process.exit(status ?? 1);
  }
}

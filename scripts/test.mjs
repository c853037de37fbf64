/** `npm test`: set-up, then all tests; ends with one plain line `N passed, N failed`. Further arguments go to vitest. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine } from "./setup/engine.mjs";
import { packageFolder, project, say } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureDependencies } from "./setup/prepare.mjs";
import { ensureTestTools } from "./setup/test-tools.mjs";

async function main() {
  checkNode();
  await ensureDependencies();
  await ensureEngine();
  await ensureBuild();
  const without = ensureTestTools();
  const folder = mkdtempSync(join(tmpdir(), "codilens-test-"));
  const results = join(folder, "results.json");
  const vitest = join(packageFolder("vitest"), "vitest.mjs");
  const args = [
    vitest,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ];
  const code = await new Promise((done) =>
    spawn(process.execPath, args, {
      cwd: project,
      env: { ...process.env, CODILENS_TESTS_WITHOUT: without.join(",") },
      stdio: ["ignore", "inherit", "inherit"],
    }).on("close", done),
  );
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(results, "utf8"));
    // A file that does not even load has no tests of its own, and must not pass unseen.
    const unloaded = testResults.filter(
      ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
    ).length;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
    process.stdout.write(`${numPassedTests} passed, ${numFailedTests + unloaded} failed${skipped}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = code ?? 1;
}

main().catch((error) => {
  say(error.exitCode === undefined ? `the tests could not run: ${error.stack}` : error.message);
  process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = error.exitCode ?? 1;
});

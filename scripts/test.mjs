/**
 * `npm test`: set-up, then all tests; `npm test -- --fast`: the fast tier only, with nothing built that takes longer than compiling `src`.
 * Ends with one plain line `N passed, N failed`. Further arguments go to vitest.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureEngine } from "./setup/engine.mjs";
import { packageFolder, project, say } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureDependencies } from "./setup/prepare.mjs";
import { ensureTestDeno } from "./setup/test-deno.mjs";
import { ensureTestPython } from "./setup/test-python.mjs";
import { ensureTestSlurm } from "./setup/test-slurm.mjs";
import { ensureTestTools } from "./setup/test-tools.mjs";
import { leftOut, testFiles } from "./tiers.mjs";

const isFast = process.argv.includes("--fast");
const passedOn = process.argv.slice(2).filter((each) => each !== "--fast");

async function main() {
  checkNode();
  await ensureDependencies();
  await ensureEngine({ mayBuild: !isFast });
  await ensureBuild();
  const files = testFiles();
  const missing = isFast ? [] : ensureTestTools();
  const without = isFast
    ? []
    : [
        ...missing,
        ...(isNeeded(files, "slurm") && !missing.includes("slurm") ? await ensureTestSlurm() : []),
        ...(isNeeded(files, "venv") ? await ensureTestPython() : []),
        ...(isNeeded(files, "deno") ? await ensureTestDeno() : []),
      ];
  sayTiers(files);
  const folder = mkdtempSync(join(tmpdir(), "codilens-test-"));
  try {
    const results = join(folder, "results.json");
    process.exitCode = await vitest(results, without);
    report(JSON.parse(readFileSync(results, "utf8")), files);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What takes a minute and many megabytes is installed where a test file that runs needs it. */
function isNeeded(files, need) {
  const named = passedOn.filter((each) => each.includes("test/"));
  const wanted = files.filter(({ file }) => named.length === 0 || named.some((each) => file.includes(each)));
  return wanted.some(({ needs }) => needs?.includes(need));
}

function sayTiers(files) {
  const [fast, full] = ["fast", "full"].map((tier) => files.filter((each) => each.tier === tier));
  const outside = `${full.length} files that need what it has not (${leftOut(full)})`;
  if (isFast) say(`tier fast: ${fast.length} test files; left out: ${outside}, run by \`npm test\``);
  else say(`tier fast: ${fast.length} test files; tier full: ${outside}; \`npm test -- --fast\` runs the first alone`);
}

/** @returns vitest's exit code; its results are in the file `results` then. */
function vitest(results, without) {
  const program = join(packageFolder("vitest"), "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
  const args = [
    program,
    "run",
    ...reporters,
    ...(isFast ? ["--project=fast", "--project=fast-alone"] : []),
    ...passedOn,
  ];
  return new Promise((done) =>
    spawn(process.execPath, args, {
      cwd: project,
      env: { ...process.env, CODILENS_TESTS_WITHOUT: without.join(",") },
      stdio: ["ignore", "inherit", "inherit"],
    }).on("close", (code) => done(code ?? 1)),
  );
}

function report({ numPassedTests, numFailedTests, numPendingTests, testResults, startTime }, files) {
  const tiers = new Map(files.map(({ file, tier }) => [file, tier]));
  for (const tier of ["fast", "full"]) {
    const ran = testResults.filter(({ name }) => tiers.get(relative(project, name).replaceAll("\\", "/")) === tier);
    if (ran.length === 0) continue;
    const end = Math.max(...ran.map(({ endTime }) => endTime));
    const begin = Math.max(startTime, Math.min(...ran.map((each) => each.startTime)));
    say(`tier ${tier}: ${ran.length} test files ran in ${Math.round((end - begin) / 1000)} s`);
  }
  // A file that does not load, or whose clean-up fails, has no failed test of its own, and must not pass unseen.
  const alone = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.every((each) => each.status !== "failed"),
  ).length;
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests + alone} failed${skipped}\n`);
}

main().catch((error) => {
  say(error.exitCode === undefined ? `the tests could not run: ${error.stack}` : error.message);
  process.stdout.write("0 passed, 1 failed\n");
  process.exitCode = error.exitCode ?? 1;
});

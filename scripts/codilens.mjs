#!/usr/bin/env node
/** The `codilens` command: does whatever set-up is missing, then runs the compiled program in this process. Node's own modules only. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runOwn } from "./setup/commands.mjs";
import { ENGINES, ensureEngine } from "./setup/engine.mjs";
import { commandLine, isCheckout, project, say, setupError } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureDependencies } from "./setup/prepare.mjs";

const NEEDS_ENGINE = new Set(["experiment", "slurm", "k8s", "trace", "worker"]);

async function main(args) {
  checkNode();
  const [command] = args;
  if (command === "--version" || command === "-V") {
    process.stdout.write(`${JSON.parse(readFileSync(join(project, "package.json"), "utf8")).version}\n`);
    return;
  }
  if (command === "doctor" || command === "setup") {
    await runOwn(command, args.slice(1));
    return;
  }
  await ensureDependencies();
  await ensureBuild();
  const help = args.includes("--help") || args.includes("-h");
  // An installed package brings its page.
  if (command === "lab" && !help && isCheckout) await (await import("./lab/build.mjs")).ensureLab();
  const { lostOptions, runCli } = await import("../dist/cli/main.js");
  const lost = lostOptions(args);
  if (lost !== null) throw setupError(lost, 2);
  const computes = NEEDS_ENGINE.has(command) || (command === "weights" && /^(?:verify|convert)$/.test(args[1] ?? ""));
  if (computes && !help) {
    const forced = engineOption(args);
    const engine = await ensureEngine(forced === undefined ? {} : { forced });
    // What was announced computes, in the processes that this one starts too, even where no note of it could be kept.
    if (engine.engine === "wasm") process.env.CODILENS_ENGINE = "wasm";
  }
  await runCli(args);
}

function engineOption(args) {
  const at = args.findIndex((each) => each === "--engine" || each.startsWith("--engine="));
  if (at < 0) return undefined;
  const value = args[at].includes("=") ? args[at].split("=")[1] : args[at + 1];
  return ENGINES.includes(value) ? value : undefined;
}

/** A file that cannot be written is no fault of the program, and the system's own sentence names it. */
function sentenceOf(error) {
  if (error.exitCode !== undefined) return error.message;
  if (!/^E(?:ACCES|PERM|ROFS|NOSPC|DQUOT)$/.test(error.code ?? "")) return `set-up failed: ${error.stack}`;
  error.exitCode = 5;
  return `set-up failed: ${error.message}; CODILENS_CACHE names a folder that this user can write, and ${project} must be built by its owner (\`${commandLine("setup")}\`)`;
}

main(process.argv.slice(2)).catch((error) => {
  say(sentenceOf(error));
  process.exitCode = error.exitCode ?? 1;
});

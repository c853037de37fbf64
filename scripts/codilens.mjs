#!/usr/bin/env node
/** The `codilens` command: does whatever set-up is missing, then runs the compiled program in this process. Node's own modules only. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { doctor } from "./setup/doctor.mjs";
import { ensureEngine } from "./setup/engine.mjs";
import { noGpuReason } from "./setup/gpu.mjs";
import { project, say, setupError } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureDependencies } from "./setup/prepare.mjs";

const NEEDS_ENGINE = new Set(["experiment", "trace"]);

async function main(args) {
  checkNode();
  const [command] = args;
  if (command === "--version" || command === "-V") {
    process.stdout.write(`${JSON.parse(readFileSync(join(project, "package.json"), "utf8")).version}\n`);
    return;
  }
  if (command === "doctor") {
    process.exitCode = doctor(args.includes("--json"));
    return;
  }
  await ensureDependencies();
  if (command === "setup") {
    await setup(args.slice(1));
    return;
  }
  const help = args.includes("--help") || args.includes("-h");
  const computes = NEEDS_ENGINE.has(command) || (command === "weights" && /^(?:verify|convert)$/.test(args[1] ?? ""));
  if (computes && !help) {
    const forced = engineOption(args);
    await ensureEngine(forced === undefined ? {} : { forced });
  }
  await ensureBuild();
  const { runCli } = await import("../dist/cli/main.js");
  await runCli(args);
}

function engineOption(args) {
  const at = args.findIndex((each) => each === "--engine" || each.startsWith("--engine="));
  if (at < 0) return undefined;
  const value = args[at].includes("=") ? args[at].split("=")[1] : args[at + 1];
  return value === "native" || value === "wasm" ? value : undefined;
}

async function setup(args) {
  const unknown = args.find((each) => each !== "--gpu" && each !== "--force");
  if (unknown !== undefined) throw setupError(`unknown option ${unknown} of setup; wanted --gpu or --force`, 2);
  const why = noGpuReason();
  const gpu = args.includes("--gpu") && (why === null || args.includes("--force"));
  if (args.includes("--gpu") && why !== null)
    say(
      `GPU: ${why}; ${gpu ? "installing the CUDA build all the same" : "computing on the CPU (--force installs the CUDA build all the same)"}`,
    );
  const engine = await ensureEngine({ ...(gpu ? { gpu } : {}), retry: true });
  await ensureBuild();
  say(`ready: engine ${engine.engine}, route ${engine.route}`);
}

main(process.argv.slice(2)).catch((error) => {
  say(error.exitCode === undefined ? `set-up failed: ${error.stack}` : error.message);
  process.exitCode = error.exitCode ?? 1;
});

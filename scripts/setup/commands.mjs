/** The two commands that need no build of the program: `setup` and `doctor`. Their options, their help, and what is wrong use of them. */

import { doctor } from "./doctor.mjs";
import { ensureEngine } from "./engine.mjs";
import { noGpuReason } from "./gpu.mjs";
import { lostToNpm } from "./npm-options.mjs";
import { say, setupError } from "./places.mjs";
import { ensureBuild, ensureDependencies } from "./prepare.mjs";

const HELP = { name: "help", short: "-h", flags: "-h, --help", what: "display help for command" };

const COMMANDS = {
  setup: {
    what: "install what is missing: npm dependencies (in a clone), the engine, the build (in a clone); every other command does so by itself",
    options: [
      {
        name: "gpu",
        flags: "--gpu",
        what: "the CUDA 12 build of the engine, where an NVIDIA driver is there (3.4 GB fetched, 5.3 GB kept)",
      },
      { name: "force", flags: "--force", what: "with --gpu: also where no driver is found" },
      HELP,
    ],
    run: setup,
  },
  doctor: {
    what: "what is here, what is missing, and what to do about it (exit 0, or 5 where something needed is missing)",
    options: [{ name: "json", flags: "--json", what: "one JSON document on stdout" }, HELP],
    run: async (given) => {
      process.exitCode = doctor(given.has("json"));
    },
  },
};

/** Runs `setup` or `doctor`. @throws Error with `exitCode` 2 for wrong use. */
export async function runOwn(command, args) {
  const { options, what, run } = COMMANDS[command];
  const unknown = args.find((each) => named(options, each) === undefined);
  if (unknown !== undefined)
    throw setupError(
      `${unknown.startsWith("-") ? "unknown option" : "unexpected argument"} ${unknown} of ${command}${suggestion(options, unknown)}; ${command} --help lists the options`,
      2,
    );
  const lost = lostToNpm(command, { options, args });
  if (lost !== null) throw setupError(lost, 2);
  const given = new Set(args.map((each) => named(options, each).name));
  if (!given.has("help")) return run(given);
  const rows = options.map(({ flags, what: does }) => `  ${flags.padEnd(12)}  ${does}`);
  process.stdout.write(`Usage: codilens ${command} [options]\n\n${what}\n\nOptions:\n${rows.join("\n")}\n`);
}

function named(options, arg) {
  return options.find(({ name, short }) => arg === `--${name}` || arg === short);
}

function suggestion(options, unknown) {
  const begun = options.find(({ name }) => unknown.length > 4 && `--${name}`.startsWith(unknown.slice(0, 5)));
  return begun === undefined ? "" : ` (did you mean --${begun.name}?)`;
}

async function setup(given) {
  await ensureDependencies();
  const why = noGpuReason();
  const gpu = given.has("gpu") && (why === null || given.has("force"));
  if (given.has("gpu") && why !== null)
    say(
      `GPU: ${why}; ${gpu ? "installing the CUDA build all the same" : "computing on the CPU (--force installs the CUDA build all the same)"}`,
    );
  const engine = await ensureEngine({ ...(gpu ? { gpu } : {}), retry: true });
  await ensureBuild();
  say(`ready: engine ${engine.engine}, route ${engine.route}`);
}

/** The command line: parses, maps errors to exit codes, prints one sentence on what is wrong and one on what to do. */

import { Command, CommanderError, Option } from "commander";
import { CodiLensError, EnvironmentError, EXIT } from "../base/errors.js";
import { openFilesError } from "../base/open-files.js";
import { packageVersion } from "../disk/package-version.js";
import { withoutPasswords } from "../experiments/queue/address.js";
import { countingNumber, openShare, parseStudies, portNumber, printableLines, wholeNumber } from "./arguments.js";
import { addClusters } from "./cluster-options.js";
import { withExperiment } from "./experiment-options.js";
import { optionDescription } from "./help.js";
import { lostToNpmOf } from "./lost-options.js";
import { argument, collect, collectList } from "./option-values.js";
import { withQueue, workerName } from "./queue-options.js";
import { parseShard, parseShards } from "./shard-choice.js";
import {
  baseOption,
  engineOption,
  forceOption,
  holdOption,
  latentsOption,
  latexOption,
  MODEL_NAMES,
  ownProtocolOption,
  protocolOption,
  strictOption,
} from "./shared-options.js";
import { withComparison } from "./trace-flags.js";

const EXIT_CODES = `
Exit codes: 0 complete · 1 unexpected error · 2 wrong use · 3 bad model or data file · 4 folder locked, of another run, or without some shards ·
5 environment (disk, memory, engine; run again to resume) · 6 finished with failed items · 130/143 stopped by a signal (records kept)`;

const DOWNLOAD_HELP = `
Usual files: configuration, tokenizer, *.safetensors (else PyTorch .bin), licence and README at the top of the repository.
The same command on the same OUT resumes, and keeps what is there. OUT remembers its commit: when the revision has moved,
or a file there was changed, nothing is overwritten without --force (exit 4).
Environment: HF_ENDPOINT, HF_TOKEN (else the file HF_TOKEN_PATH or HF_HOME/token), HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE
(no connection: OUT is checked), HTTPS_PROXY and NO_PROXY only with NODE_USE_ENV_PROXY=1 on Node 22.21 or 24.`;

const HELP_HINT = "(add --help for the options)";

/** The message where npm kept options of this command line for itself (`npm run experiment --layers=4`, without `--`), or null. */
export function lostOptions(args: readonly string[]): string | null {
  const lost = lostToNpmOf(buildProgram(args), args);
  return lost === null ? null : withoutPasswords(lost);
}

/** Runs one command line (without node and script). Sets `process.exitCode`; never throws. */
export async function runCli(args: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader closed the pipe (`| head`): there is nobody to write to.
    if (error.code === "EPIPE") process.exit(process.exitCode ?? EXIT.ok);
    const hint = "free space where the output goes, then run the same command again";
    process.exit(report(new EnvironmentError(`Cannot write the result: ${error.code ?? error.message}`, hint), args));
  });
  // Notices that nobody reads must not end a run.
  process.stderr.on("error", () => undefined);
  const program = buildProgram(args);
  try {
    await program.parseAsync([...args], { from: "user" });
  } catch (error) {
    process.exitCode = report(error, args);
  }
}

interface Failure {
  readonly exitCode: number;
  readonly message: string;
  readonly hint: string | null;
}

/** Prints an error and gives its exit code. Texts may come from data: they are made safe for a terminal. */
function report(error: unknown, args: readonly string[]): number {
  const json = args.includes("--json");
  const failure = failureOf(openFilesError(error) ?? error);
  const { exitCode, message, hint } = failure;
  if (exitCode === EXIT.ok) return EXIT.ok;
  if (json) process.stderr.write(`${JSON.stringify({ schema: 1, status: "error", ...failure })}\n`);
  // Without --json commander has printed its own errors already.
  else if (!(error instanceof CommanderError))
    process.stderr.write(printableLines(`error: ${message}\n${hint === null ? "" : `  → ${hint}\n`}`));
  if (args.includes("--debug") && error instanceof Error)
    process.stderr.write(`${printableLines(error.stack ?? "")}\n`);
  return exitCode;
}

function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError) {
    const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
    return {
      exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage,
      message: error.code === "commander.help" ? "no command is given" : withoutPasswords(first),
      hint: [...rest, HELP_HINT].join(" "),
    };
  }
  if (error instanceof CodiLensError)
    return { exitCode: error.exitCode, message: error.message, hint: error.hint ?? null };
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: EXIT.unexpected, message, hint: "not expected here; --debug shows where it comes from" };
}

function buildProgram(args: readonly string[]): Command {
  const json = args.includes("--json");
  const program = new Command("codilens")
    .description("Look inside models that reason in continuous thoughts.")
    .version(packageVersion(), "-V, --version")
    .exitOverride()
    .showHelpAfterError(HELP_HINT)
    .configureHelp({ optionDescription })
    .configureOutput({
      // With --json the error is one document, written by `report`.
      writeErr: (text) => void (json || process.stderr.write(printableLines(withoutPasswords(text)))),
    })
    .addHelpText(
      "before",
      'Examples:\n  codilens experiment --layers 4,8,14\n  codilens trace --question "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?"\n  codilens analyze results/tiny-codi-codi-1a2b3c4d\n',
    )
    .addHelpText("after", `\nAlso: codilens setup [--gpu], codilens doctor [--json]${EXIT_CODES}`);
  addExperiment(program, args);
  addClusters(program, args);
  addWorker(program);
  addTrace(program);
  addMerge(program);
  addExport(program);
  addAnalyze(program);
  addOpen(program);
  addLab(program);
  addStudies(program);
  addWeights(program);
  addPower(program);
  for (const command of leavesOf(program))
    command.option("--json", "one JSON document on stdout", false).option("--debug", "stack traces", false);
  return program;
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function addExperiment(program: Command, args: readonly string[]): void {
  const command = withExperiment(
    program
      .command("experiment")
      .description(
        "run studies (by default the baseline, each latent zeroed in turn, and attention to the latents), then compute statistics, figures and the report",
      ),
  )
    .option(
      "--shard <i/n>",
      "compute one of n shards of the run, counted from 0, into a folder of its own below the output folder; codilens merge puts them together (default: the task of a Slurm array)",
      argument(parseShard),
    )
    .option(
      "--shards <n>",
      "how many shards there are, where SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX says which one this is",
      argument(parseShards),
    )
    .option("--no-shard", "compute the whole run, also in a task of a Slurm array");
  withQueue(command, false).action(async (options) =>
    (await import("./commands/experiment.js")).experiment(options, args),
  );
}

function addWorker(program: Command): void {
  const command = program
    .command("worker")
    .description("compute for a run that another process coordinates: codilens experiment --queue (docs/scale.md)")
    .option("--model <name>", `the run's model: ${MODEL_NAMES} (default: tiny-codi)`)
    .addOption(baseOption())
    .addOption(forceOption())
    .addOption(holdOption())
    .option(
      "--study <names>",
      "the run's studies from outside the package: ./my-study.mjs, ./my-study/ (names are passed over)",
      argument(parseStudies),
      [],
    )
    .addOption(ownProtocolOption("the run's own protocol, where it has one: ./my-protocol.mjs"))
    .option("--name <text>", "what the run calls this worker (default: host and process)", argument(workerName))
    .option("--once", "end when the run that it computed for is whole", false)
    .option("--no-progress", "no progress bar while a model is fetched")
    .option("--quiet", "errors only on stderr", false);
  withQueue(command, true).action(async (options) => (await import("./commands/worker.js")).worker(options));
}

/** Options of a command that runs one question. */
function oneRun(command: Command): Command {
  return command
    .requiredOption("--question <text>", "the question")
    .option("--model <name>", `${MODEL_NAMES} (default: tiny-codi)`)
    .addOption(baseOption())
    .addOption(forceOption())
    .addOption(holdOption())
    .addOption(strictOption())
    .addOption(protocolOption())
    .addOption(latentsOption())
    .addOption(engineOption())
    .option(
      "--max-new-tokens <n>",
      "limit of the answer (default 64; 128 under pause and none, 200 under seed)",
      argument(countingNumber),
    )
    .option(
      "--intervene <spec>",
      "e.g. zero:blocks.8.hook_resid_post@latent.2, zero:blocks.8.attn.hook_z[head.3]@latent; docs/interventions.md lists all (repeatable)",
      collect,
      [],
    )
    .option("--seed <n>", "seed of noise, random, resample and shuffle", argument(wholeNumber), 0);
}

function addTrace(program: Command): void {
  withComparison(oneRun(program.command("trace")))
    .description("answer one question, show what the head would choose at each latent, and read any activation")
    .option("--capture <sites>", "sites to keep, comma-separated, globs allowed (repeatable)", collectList, [])
    .option("--reference <file>", "questions for mean and resample, one a line or JSONL")
    .option(
      "--sae <dir>",
      "a sparse autoencoder as SAELens saves it, whose features can be captured and changed at SITE.sae (repeatable)",
      collect,
      [],
    )
    .option("--out <file>", "write one file: safetensors, or NumPy's NPZ where its name ends in .npz")
    .action(async (options) => (await import("./commands/trace.js")).trace(options));
}

function addExport(program: Command): void {
  const formats = program.command("export").description("write one run in the format of another program");
  oneRun(formats.command("transformerlens"))
    .description("a run with every activation, under the keys of TransformerLens's ActivationCache (docs/python.md)")
    .argument("<dir>", "folder for cache.safetensors, run.safetensors and cache.json")
    .action(async (dir, options) => (await import("./commands/export.js")).exportTransformerLens(dir, options));
}

function addAnalyze(program: Command): void {
  program
    .command("analyze <dirs...>")
    .usage("DIR [DIR...] [options]")
    .description(
      "compute statistics, figures and the report from records, or from the original study's JSON files, without a model; with several folders, compare the first with each other one, problem by problem",
    )
    .option("--out <dir>", "with several folders: where to write the comparison (default: results/comparison-<paths>)")
    .option(
      "--study <path>",
      "a study from outside the package: draw its own figures and tables too (repeatable)",
      collect,
      [],
    )
    .addOption(latexOption())
    .action(async (dirs: string[], options) => (await import("./commands/analyze.js")).analyze(dirs, options));
}

function addMerge(program: Command): void {
  program
    .command("merge <dir>")
    .usage("OUT [options]")
    .description(
      "put a run together from the shards below its folder, as `experiment --shard` computed them, and analyse it; missing, incomplete and foreign shards are named",
    )
    .option("--partial", "merge what there is, where shards are missing (exit 6)", false)
    .option("--new", "leave out what OUT itself holds, and empty it first; the shards stay", false)
    .option("--take-over", "take over a folder whose process on another machine is dead", false)
    .option("--model <name>", "the run's model, for studies that need it at the end (default: where the shards had it)")
    .addOption(baseOption())
    .addOption(forceOption())
    .option("--study <path>", "a study of the run from outside the package (repeatable)", collect, [])
    .addOption(ownProtocolOption("the run's own protocol, where its file is not where the shards had it"))
    .addOption(latexOption())
    .option("--quiet", "errors only on stderr", false)
    .action(async (dir: string, options) => (await import("./commands/merge.js")).mergeRun(dir, options));
}

function addOpen(program: Command): void {
  program
    .command("open [dir]")
    .usage("[DIR] [options]")
    .description(
      "show a run's report in the browser (default: the newest report below results); without a display, only its path",
    )
    .action(async (dir: string | undefined, options) => (await import("./commands/open.js")).open(dir, options));
}

function addLab(program: Command): void {
  program
    .command("lab")
    .description(
      "a page to edit latents by hand and watch the answer: served on this machine, the model in the browser",
    )
    .addOption(
      ownProtocolOption("a protocol of your own for checkpoints that are dropped on the page: ./my-protocol.mjs"),
    )
    .option("--build <dir>", "write the page as a folder for any static host instead")
    .option("--port <n>", "port on 127.0.0.1 (default: a free one)", argument(portNumber), 0)
    .option("--no-open", "only print the address")
    .action(async (options) => (await import("./commands/lab.js")).lab(options));
}

function addStudies(program: Command): void {
  program
    .command("studies")
    .description("list the studies, each with the question that it asks")
    .action(async (options) => (await import("./commands/studies.js")).studies(options));
}

function addWeights(program: Command): void {
  const weights = program.command("weights").description("inspect, verify, convert and download checkpoints");
  weights
    .command("inspect <path>")
    .description(
      "list tensors with shapes and types, what a folder or file is recognised as, what a load would merge, and the memory that it would take",
    )
    .addOption(baseOption())
    .action(async (path: string, options) => (await import("./commands/weights.js")).inspect(path, options));
  weights
    .command("verify <dir>")
    .description(
      "check what a load checks, that every value is finite, that the files match manifest.json and the download's note, and one forward of three tokens (exit 0 or 3)",
    )
    .addOption(baseOption())
    .addOption(forceOption())
    .addOption(strictOption())
    .addOption(engineOption())
    .option("--no-progress", "no progress bar")
    .action(async (path: string, options) => (await import("./commands/weights.js")).verify(path, options));
  weights
    .command("convert <source> <out>")
    .description(
      "write a checkpoint with its adapters merged, in one type, as safetensors that Hugging Face's own class loads",
    )
    .addOption(baseOption())
    .addOption(latentsOption())
    .addOption(strictOption())
    .addOption(
      new Option("--dtype <type>", "type of the written weights").choices(["F32", "BF16", "F16"]).default("F32"),
    )
    .addOption(engineOption())
    .option("--no-progress", "no progress bar")
    .action(async (source: string, out: string, options) =>
      (await import("./commands/weights.js")).convert(source, out, options),
    );
  weights
    .command("download <repo> <out>")
    .usage("REPO[@REVISION] OUT [options]")
    .description("fetch a model repository of the Hugging Face hub into a folder, checked by hash, resumable")
    .option("--include <glob>", "files to fetch instead of the usual ones; * crosses folders (repeatable)", collect, [])
    .option("--force", "replace another repository or commit in OUT, and files that differ", false)
    .option("--verify", "hash every file that is there, even if its size and time are unchanged", false)
    .option("--take-over", "take over a folder whose process on another machine is dead", false)
    .option("--no-progress", "no progress bar")
    .option("--quiet", "errors only on stderr", false)
    .addHelpText("after", DOWNLOAD_HELP)
    .action(async (repo: string, out: string, options) =>
      (await import("./commands/weights-download.js")).weightsDownload(repo, out, options),
    );
}

function addPower(program: Command): void {
  program
    .command("power")
    .description("how many problems a design needs to find an effect, without a model")
    .requiredOption(
      "--effect <x>",
      "mcnemar: share of answers broken less share mended; within-position: r between attention and importance",
      argument(openShare),
    )
    .option(
      "--baseline <x>",
      "mcnemar: share of answers that are mended; within-position: share of answers that break",
      argument(openShare),
      0.05,
    )
    .addOption(
      new Option("--test <name>", "mcnemar (exact) or within-position (simulated)")
        .choices(["mcnemar", "within-position"])
        .default("mcnemar"),
    )
    .option("--power <x>", "chance to find the effect", argument(openShare), 0.8)
    .option("--alpha <x>", "level of the test, two-sided", argument(openShare), 0.05)
    .option("--problems <n>", "give the power of this many problems instead", argument(countingNumber))
    .option("--clustering <x>", "within-position: correlation of two rows of a problem", argument(openShare), 0.2)
    .option("--simulations <n>", "within-position: simulated studies a size", argument(countingNumber), 1000)
    .option("--seed <n>", "seed of the simulation", argument(wholeNumber), 42)
    .action(async (options) => (await import("./commands/power.js")).power(options));
}

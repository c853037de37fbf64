/** The options of `experiment`, for the command itself and for those that print how a cluster runs it. */

import { type Command, Option } from "commander";
import { EXPERIMENT_DEFAULTS } from "../experiments/plan/defaults.js";
import { ABLATIONS } from "../studies/ablation/operations.js";
import { STUDY_NAMES } from "../studies/stories.js";
import {
  countingNumber,
  parseAblations,
  parseFields,
  parseLayers,
  parseStudies,
  parseWorkers,
  wholeNumber,
} from "./arguments.js";
import { argument } from "./option-values.js";
import {
  baseOption,
  engineOption,
  forceOption,
  holdOption,
  latentsOption,
  latexOption,
  MODEL_NAMES,
  protocolOption,
  strictOption,
} from "./shared-options.js";

/** The command with every option of an experiment. */
export function withExperiment(command: Command): Command {
  return command
    .option("--model <name>", `${MODEL_NAMES} (default: tiny-codi)`)
    .addOption(baseOption())
    .option(
      "--control-model <name>",
      "a model without what is studied, such as a pause control: the same plan is run on it, and every claim is set beside it (default: tiny-pause for tiny-codi, tiny-coconut-pause for tiny-coconut, none for others)",
    )
    .option("--no-control-model", "no control model")
    .addOption(forceOption())
    .addOption(holdOption())
    .addOption(strictOption())
    .option(
      "--data <file>",
      "problems: JSONL, a JSON array, parquet or text, gzipped or not; see docs/data.md (default: the embedded problems)",
    )
    .option(
      "--field <names>",
      "names of the data file's fields, where they are not the usual ones: question=NAME,answer=NAME,steps=NAME,id=NAME",
      argument(parseFields),
    )
    .option(
      "--problems <n>",
      "number of problems, spread evenly over the levels of the data (default: 25 a level)",
      argument(countingNumber),
    )
    .option("--test-mode", "3/3/2/2 problems: to try out, not to report", false)
    .option(
      "--layers <list>",
      "layers at which attention is read (default: 4,8,14, or as deep in a model that has not so many)",
      argument(parseLayers),
    )
    .option(
      "--ablate-layer <n>",
      "block whose output is zeroed (default: 8, or the middle one of a model that has no block 14)",
      argument(wholeNumber),
    )
    .option(
      "--study <names>",
      `studies to run, separated by commas, or all: ${STUDY_NAMES.join(", ")}; or a study of your own: ./my-study.mjs, ./my-study/ (default: token-ablation,attention)`,
      argument(parseStudies),
      [],
    )
    .option(
      "--ablation <kinds>",
      `more ways to take a latent away, separated by commas: ${ABLATIONS.join(", ")}; zero always runs`,
      argument(parseAblations),
    )
    .option(
      "--whole-sample",
      "take every problem also in studies that take some of them because each takes long",
      false,
    )
    .option(
      "--no-controls",
      "leave out what runs by default beside the studies: identity patches, random directions, mean and no latents",
    )
    .addOption(protocolOption())
    .addOption(latentsOption())
    .option(
      "--out <dir>",
      "output folder; the same command on the same folder resumes (default: results/<model>-<protocol>-<hash>)",
    )
    .option("--seed <n>", "seed of sampling and bootstrap", argument(wholeNumber), EXPERIMENT_DEFAULTS.seed)
    .option(
      "--max-new-tokens <n>",
      "limit of an answer (default 64; 128 under pause and none, 200 under seed)",
      argument(countingNumber),
    )
    .addOption(
      new Option("--on-bad-row <how>", "what to do with a bad row of the data file")
        .choices(["fail", "skip"])
        .default("fail"),
    )
    .addOption(engineOption())
    .option("--take-over", "take over a folder whose process on another machine is dead", false)
    .option("--new", "empty the output folder first", false)
    .option("--dry-run", "print the plan and compute nothing", false)
    .option(
      "--workers <n>",
      "processes that compute side by side: a number, or auto for as many as are of use and find memory",
      argument(parseWorkers),
      "auto",
    )
    .option(
      "--threads <n>",
      "threads of the native engine in each worker (default: one for a small model, else the cores divided by --workers)",
      argument(countingNumber),
    )
    .option(
      "--rows <n>",
      "rows computed at once (default: 256, or fewer where they would take too much memory)",
      argument(countingNumber),
    )
    .option(
      "--profile",
      "record every operation of the engine: profile.txt and a Chrome trace in the output folder",
      false,
    )
    .addOption(latexOption())
    .option("--no-progress", "no progress bar")
    .option("--quiet", "errors only on stderr", false);
}

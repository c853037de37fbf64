/** Options of `trace` that say what its interventions refer to, and what the run is compared with. */

import type { Command } from "commander";
import { expectedAnswer } from "./arguments.js";
import { argument, collect } from "./option-values.js";

/** The command with these options. */
export function withComparison(command: Command): Command {
  return command
    .option(
      "--value <name=file>",
      "tensor that add, replace, project and swap refer to: a safetensors file with one tensor, FILE#TENSOR, or a .json list (repeatable)",
      collect,
      [],
    )
    .option(
      "--source <question>",
      "question whose run patch and swap read; NAME=QUESTION where they read several (repeatable)",
      collect,
      [],
    )
    .option(
      "--expected <answer>",
      "the right answer (a number, a letter, true or false; any text where the protocol compares texts): also print its log-probability",
      argument(expectedAnswer),
    )
    .option("--compare-clean", "also answer without the interventions, and print what they change", false)
    .option("--tokens", "print the tokens with the names of their positions", false);
}

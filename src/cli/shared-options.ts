/** Options that several commands have, each written once. */

import { Option } from "commander";
import { ENGINE_CHOICES } from "../model/tensor/engine-names.js";
import { HOLDS } from "../model/tensor/hold-names.js";
import { countingNumber, parseProtocol, parseProtocolPath } from "./arguments.js";
import { argument } from "./option-values.js";

/** What `--model` takes. */
export const MODEL_NAMES =
  "a checkpoint's folder, tiny-codi, tiny-coconut or their controls tiny-pause and tiny-coconut-pause (embedded), or hub:OWNER/NAME@REVISION";
/** `--engine`. */
export const engineOption = (): Option =>
  new Option("--engine <name>", "engine to compute with")
    .choices(ENGINE_CHOICES)
    .default("auto")
    .env("CODILENS_ENGINE");
/** `--base`. */
export const baseOption = (): Option =>
  new Option("--base <name>", "base model, for an adapter or a checkpoint without configuration and tokenizer");
/** `--force`. */
export const forceOption = (): Option => new Option("--force", "load even where memory seems too small").default(false);
/** `--hold`. */
export const holdOption = (): Option =>
  new Option(
    "--hold <how>",
    "how weights are held: in float32 (default), or in the 16 bits of their files, which takes half the memory, changes no number and is slower",
  ).choices(HOLDS);
/** `--strict`. */
export const strictOption = (): Option =>
  new Option("--strict", "refuse a checkpoint whose files leave something to be assumed (exit 3)").default(false);
/** `--latex`. */
export const latexOption = (): Option =>
  new Option("--latex", "also write tables, methods and references for a paper, to latex/").default(false);
/** `--protocol`. */
export const protocolOption = (): Option =>
  new Option(
    "--protocol <name>",
    "codi, coconut, pause or codi-pause (the reference inference of each), none (no latents), seed (the original study's own loop); or a protocol of your own: ./my-protocol.mjs; default: what the checkpoint shows",
  ).argParser(argument(parseProtocol));
/** `--protocol` of commands that continue another's run. */
export const ownProtocolOption = (description: string): Option =>
  new Option("--protocol <path>", description).argParser(argument(parseProtocolPath));
/** `--latents`. */
export const latentsOption = (): Option =>
  new Option(
    "--latents <n>",
    "latents that are run, where no file of the checkpoint says it; default: what it says, else 6",
  ).argParser(argument(countingNumber));

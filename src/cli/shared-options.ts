/** Options that several commands have, each written once. */

import { Option } from "commander";
import { PROTOCOL_NAMES } from "../model/latent/protocols/names.js";
import { ENGINE_CHOICES } from "../model/tensor/engine-names.js";

/** What `--model` takes. */
export const MODEL_NAMES = "a checkpoint's folder, tiny-codi (embedded), or hub:OWNER/NAME@REVISION";
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
    "codi (the reference inference) or seed (the original study's own loop); default: what the checkpoint states",
  ).choices(PROTOCOL_NAMES);

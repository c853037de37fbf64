/** What the commands that run one question have in common: its options, and the model that they name. */

import { CodiModel } from "../model/latent/codi-model.js";
import type { ProtocolName } from "../model/latent/protocols/names.js";
import type { EngineChoice } from "../model/tensor/engine.js";
import { printableLines } from "./arguments.js";
import { embeddedModel } from "./defaults.js";
import { baseFolder, modelFolder } from "./models.js";

/** Options of one run. */
export interface AskedRun {
  readonly question: string;
  readonly model?: string;
  readonly base?: string;
  readonly force: boolean;
  readonly strict: boolean;
  readonly protocol?: ProtocolName;
  readonly latents?: number;
  readonly maxNewTokens?: number;
  readonly intervene: string[];
  readonly seed: number;
  readonly engine: EngineChoice;
  readonly json: boolean;
}

/** Loads the model that was named, or the embedded one; notices go to stderr. */
export async function loadAsked(asked: AskedRun): Promise<CodiModel> {
  const { engine, force, strict, protocol, latents } = asked;
  return CodiModel.load(asked.model === undefined ? embeddedModel : await modelFolder(asked.model), {
    engine,
    force,
    strict,
    onNotice: (notice) => void process.stderr.write(`${printableLines(notice)}\n`),
    ...(await baseFolder(asked.base)),
    ...(protocol === undefined ? {} : { protocol }),
    ...(latents === undefined ? {} : { latents }),
  });
}

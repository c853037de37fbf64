/** What the commands that run one question have in common: its options, and the model that they name. */

import { resolve } from "node:path";
import { loadProtocolFile } from "../experiments/plan/protocol-file.js";
import { CodiModel } from "../model/latent/codi-model.js";
import { isBuiltIn, type ProtocolName } from "../model/latent/protocols/names.js";
import type { OwnProtocol } from "../model/latent/protocols/own.js";
import type { EngineChoice } from "../model/tensor/engine.js";
import { type Hold, heldAs } from "../model/tensor/hold-names.js";
import { printableLines } from "./arguments.js";
import { embeddedModel } from "./defaults.js";
import { baseFolder, modelFolder } from "./models.js";

/** Options of one run. */
export interface AskedRun {
  readonly question: string;
  readonly model?: string;
  readonly base?: string;
  readonly force: boolean;
  readonly hold?: Hold;
  readonly strict: boolean;
  readonly protocol?: string;
  readonly latents?: number;
  readonly maxNewTokens?: number;
  readonly intervene: string[];
  readonly seed: number;
  readonly engine: EngineChoice;
  readonly json: boolean;
}

/** Loads the model that was named, or the embedded one; notices go to stderr. */
export async function loadAsked(asked: AskedRun): Promise<CodiModel> {
  const { engine, force, hold, strict, protocol, latents } = asked;
  return CodiModel.load(asked.model === undefined ? embeddedModel : await modelFolder(asked.model), {
    engine,
    force,
    strict,
    onNotice: (notice) => void process.stderr.write(`${printableLines(notice)}\n`),
    ...(await baseFolder(asked.base)),
    ...heldAs({ hold }),
    ...(protocol === undefined ? {} : { protocol: await givenProtocol(protocol) }),
    ...(latents === undefined ? {} : { latents }),
  });
}

async function givenProtocol(protocol: string): Promise<ProtocolName | OwnProtocol> {
  return isBuiltIn(protocol) ? protocol : (await loadProtocolFile(resolve(protocol))).protocol;
}

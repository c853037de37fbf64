/** `codilens export`: one run in the format of another program. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mebibytes } from "../../base/bytes.js";
import { diskError, putFile } from "../../disk/atomic-file.js";
import { writeSafetensors } from "../../model/checkpoint/write-safetensors.js";
import { parseIntervention } from "../../model/hooks/interventions.js";
import { CodiModel } from "../../model/latent/codi-model.js";
import type { ProtocolName } from "../../model/latent/protocols/names.js";
import type { EngineChoice } from "../../model/tensor/engine.js";
import { printableLines } from "../arguments.js";
import { embeddedModel } from "../defaults.js";
import { baseFolder, modelFolder } from "../models.js";
import { LENS_SITES, lensExport } from "../transformer-lens.js";

interface Flags {
  readonly question: string;
  readonly model?: string;
  readonly base?: string;
  readonly force: boolean;
  readonly strict: boolean;
  readonly protocol?: ProtocolName;
  readonly maxNewTokens?: number;
  readonly intervene: string[];
  readonly seed: number;
  readonly engine: EngineChoice;
  readonly json: boolean;
}

/** Writes one run as TransformerLens's `ActivationCache` has it into a folder: `cache.safetensors`, `run.safetensors`, `cache.json`. */
export async function exportTransformerLens(dir: string, flags: Flags): Promise<void> {
  const interventions = flags.intervene.map(parseIntervention);
  makeFolder(dir);
  const model = await CodiModel.load(flags.model === undefined ? embeddedModel : await modelFolder(flags.model), {
    engine: flags.engine,
    force: flags.force,
    strict: flags.strict,
    onNotice: (notice) => void process.stderr.write(`${printableLines(notice)}\n`),
    ...(await baseFolder(flags.base)),
    ...(flags.protocol === undefined ? {} : { protocol: flags.protocol }),
  });
  try {
    const result = await model.run(flags.question, {
      capture: LENS_SITES,
      interventions,
      seed: flags.seed,
      ...(flags.maxNewTokens === undefined ? {} : { maxNewTokens: flags.maxNewTokens }),
    });
    const { cache, run, about } = lensExport({ model, result });
    const files = [
      ["cache.safetensors", writeSafetensors(cache)],
      ["run.safetensors", writeSafetensors(run)],
      ["cache.json", `${JSON.stringify({ schema: 1, ...about }, null, 2)}\n`],
    ] as const;
    for (const [name, content] of files) putFile(join(dir, name), content);
    const said = {
      schema: 1,
      answer: result.answer.text,
      keys: cache.length,
      files: files.map(([name]) => join(dir, name)),
    };
    process.stdout.write(
      flags.json
        ? `${JSON.stringify(said, null, 2)}\n`
        : printableLines(
            `answer: ${said.answer}\nwritten: ${join(dir, "cache.safetensors")} (${said.keys} keys, ${mebibytes(files[0][1].length)}), run.safetensors and cache.json beside it\n`,
          ),
    );
  } finally {
    model.dispose();
  }
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw diskError(dir, error);
  }
}

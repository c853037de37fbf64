/** `codilens export`: one run in the format of another program. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mebibytes } from "../../base/bytes.js";
import { diskError, putFile } from "../../disk/atomic-file.js";
import { writeSafetensors } from "../../model/checkpoint/write-safetensors.js";
import { parseIntervention } from "../../model/hooks/interventions.js";
import { printableLines } from "../arguments.js";
import { type AskedRun, loadAsked } from "../asked-run.js";
import { LENS_SITES, lensExport } from "../transformer-lens.js";

/** Writes one run as TransformerLens's `ActivationCache` has it into a folder: `cache.safetensors`, `run.safetensors`, `cache.json`. */
export async function exportTransformerLens(dir: string, flags: AskedRun): Promise<void> {
  const interventions = flags.intervene.map(parseIntervention);
  makeFolder(dir);
  const model = await loadAsked(flags);
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

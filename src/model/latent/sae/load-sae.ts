/** Loads a sparse autoencoder on Node, from its folder. */

import { mebibytes } from "../../../base/bytes.js";
import { EnvironmentError, UsageError } from "../../../base/errors.js";
import { openFolder } from "../../checkpoint/folder.js";
import type { CheckpointFiles } from "../../checkpoint/source.js";
import { described } from "../../hooks/described.js";
import type { SiteName } from "../../hooks/names.js";
import { knownOptions } from "../../hooks/option-names.js";
import { availableMemory } from "../../tensor/engines/host.js";
import { startEngine } from "../../tensor/engines/start.js";
import { readSae } from "./read-sae.js";
import type { SparseAutoencoder } from "./sparse-autoencoder.js";

/** Options of `loadSae`. */
export interface SaeOptions {
  /** The residual site that it reads, where its folder names none or calls it otherwise. Default: the folder's own. */
  readonly site?: SiteName;
  /** Load even where the memory does not seem to suffice. */
  readonly force?: boolean;
}

/**
 * Loads a sparse autoencoder as SAELens saves it: `cfg.json` and `sae_weights.safetensors`, architectures standard, jumprelu and topk, trained on a
 * residual site. Weights are held in float32. The engine that the first model started is used.
 *
 * @param source a folder's path, or files' bytes.
 * @throws BadInputError naming file, field or tensor, what was found and what was wanted; EnvironmentError where the memory does not suffice.
 * @example
 * ```ts
 * using sae = await loadSae(saeDir);
 * const run = await model.run(question, { saes: [sae], capture: [sae.site.name] });
 * run.captures.at(sae.site.name, at.latent(2)).axes; // → [ 'feature' ]
 * ```
 */
export async function loadSae(source: string | CheckpointFiles, options: SaeOptions = {}): Promise<SparseAutoencoder> {
  const { site, force = false } = knownOptions(options, { of: "loadSae", names: ["site", "force"] });
  const isFiles = typeof (source as Partial<CheckpointFiles> | null)?.list === "function";
  if (typeof source !== "string" && !isFiles)
    throw new UsageError(`loadSae: the source is ${described(source)}`, "write loadSae(folder), or filesFromBytes(…)");
  await startEngine("auto");
  const files = typeof source === "string" ? openFolder(source) : source;
  return readSae(files, {
    site,
    checkRoom: (needed) => {
      const { bytes, limit } = availableMemory();
      // What is read stands beside what is held.
      if (force || 2 * needed <= bytes) return;
      throw new EnvironmentError(
        `Not enough memory to load ${files.name}: it needs about ${mebibytes(2 * needed)}, ${mebibytes(bytes)} are available (${limit})`,
        "close other programs, use a machine with more memory, or try all the same with { force: true }",
      );
    },
  });
}

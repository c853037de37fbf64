/** Models as they are named on the command line. */

import { fetchHubModel } from "../hub/hub-model.js";
import { folderOfModel, setHubFetcher } from "../model/checkpoint/model-names.js";
import { printableLines } from "./arguments.js";
import { makeProgress } from "./progress.js";

setHubFetcher(fetchHubModel);

/** How it may speak on stderr. */
export interface Shown {
  readonly quiet?: boolean;
  readonly progress?: boolean;
}

/** The folder that a name means; fetches a model of the hub where it is not there yet. @throws as `folderOfModel`. */
export async function modelFolder(name: string, { quiet = false, progress = true }: Shown = {}): Promise<string> {
  const bar = makeProgress(progress && !quiet, { name: "MiB", size: 2 ** 20 });
  try {
    return await folderOfModel(name, {
      onNotice: (text) => void (quiet || process.stderr.write(`${printableLines(text)}\n`)),
      onBytes: (done, total) => bar.update(done, total),
    });
  } finally {
    bar.stop();
  }
}

/** The same for `--base`, spread into options: nothing where none is given. */
export async function baseFolder(name: string | undefined, shown: Shown = {}): Promise<{ base?: string }> {
  return name === undefined ? {} : { base: await modelFolder(name, shown) };
}

/** What a model can be called: a folder's path, an embedded model's name, `hub:OWNER/NAME@REVISION`. */

import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../base/errors.js";

/** Who hears of what is done to find a model. */
export interface NameOptions {
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Bytes of a download: there, and in all. */
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
}

/** Brings a model of the hub into the user's cache. @returns its folder. */
export type HubFetcher = (repository: string, options: NameOptions) => Promise<string>;

const HUB = "hub:";
let fetcher: HubFetcher | undefined;

/** Says who fetches models of the hub. The hub's client stands above the model, so the entry points bring it. */
export function setHubFetcher(fetch: HubFetcher): void {
  fetcher = fetch;
}

/**
 * The folder that a name means. A folder that is there is that folder, whatever its name; where an embedded model has the same name, a
 * notice says so.
 *
 * @returns the path as it was given where the name is neither embedded nor of the hub; whether it can be read is found when it is opened.
 * @throws UsageError for a hub's name that is none, and what the download throws.
 */
export async function folderOfModel(name: string, options: NameOptions = {}): Promise<string> {
  if (name.startsWith(HUB)) {
    if (fetcher !== undefined) return fetcher(name.slice(HUB.length), options);
    throw new UsageError(
      `"${name}" is of the hub, and nothing here fetches from it`,
      'import CodiModel from "codilens"',
    );
  }
  const embedded = embeddedFolder(name);
  if (embedded === null) return name;
  if (statSync(name, { throwIfNoEntry: false })?.isDirectory() !== true) return embedded;
  options.onNotice?.(`"${name}" is read as the folder of that name here, not as the embedded model ${name}`);
  return name;
}

/** Folder of a model that comes with the package, wherever that is installed; null where none has this name. */
export function embeddedFolder(name: string): string | null {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) return null;
  const folder = fileURLToPath(new URL(`../../../weights/${name}`, import.meta.url));
  return existsSync(`${folder}/config.json`) ? folder : null;
}

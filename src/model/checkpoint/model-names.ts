/** What a model can be called: a folder's path, an embedded model's name, `hub:OWNER/NAME@REVISION`. */

import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
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

/** Last parts of a path that many models share: `checkpoint_3`, `checkpoint-500`, `best`, `model.safetensors`. */
const SHARED_PART =
  /^(?:(?:global_?)?step|epoch|checkpoints?|ckpts?|best|last|latest|final|merged|weights|models?|adapters?(?:_model)?|pytorch_model|output)?(?:[-_.]?(?:\d+|of|best|last|latest|final|model))*(?:\.(?:safetensors|bin|pth?|ckpt|gguf))?$/i;
/** A snapshot in the cache of Hugging Face: `models--OWNER--NAME/snapshots/COMMIT`. */
const SNAPSHOT = /(?:^|[\\/])models--([^\\/]+)[\\/]snapshots[\\/][0-9a-f]{7,40}$/;

/**
 * What a model is called wherever it is named to a reader: the last part of its path, with as much of what is before it as tells it apart
 * from the other checkpoints of its training, of other trainings, and from other files of one name.
 *
 * @param path of a folder or of a file of weights.
 * @example
 * modelName("runs/gsm-coconut/checkpoint_25"); // → "gsm-coconut/checkpoint_25"
 */
export function modelName(path: string): string {
  const whole = resolve(path);
  const snapshot = SNAPSHOT.exec(whole)?.[1];
  if (snapshot !== undefined) return snapshot.replace("--", "/");
  const [last, before] = [basename(whole), dirname(whole)];
  // The root has no name, and is before itself.
  return SHARED_PART.test(last) && basename(before) !== "" ? `${modelName(before)}/${last}` : last;
}

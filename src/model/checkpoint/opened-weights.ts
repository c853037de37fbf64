/** Opens what a checkpoint has of weights: the model's, a projection's and an adapter's, each under plain names. */

import { BadInputError } from "../../base/errors.js";
import type { FamilyName } from "../decoder/family-names.js";
import { parseAdapterConfig } from "./adapter.js";
import type { Folders, NamedFile } from "./checkpoint-folders.js";
import type { Stores } from "./plan-parts.js";
import { quoted } from "./quoted.js";
import { renamedStore } from "./renamed-store.js";
import type { CheckpointFiles } from "./source.js";
import type { TensorStore } from "./store.js";
import { unwrapped } from "./unwrapped.js";
import { noWeights, openWeights, passedOver, type WeightFiles, type WeightKind } from "./weight-files.js";
import { PAUSE_EMBEDDING, recogniseLayout } from "./weight-map.js";

/** The opened files, and where they lie. */
export interface OpenedWeights {
  readonly stores: Stores;
  readonly weightFiles: readonly NamedFile[];
}

/** What the files are opened for. */
export interface OpenParts {
  readonly family: FamilyName;
  /** Every opened file comes here at once, so that a later failure closes it. */
  readonly opened: WeightFiles[];
  readonly warn: (notice: string) => void;
}

/** @throws BadInputError for files that are missing, damaged, or hold something else. */
export async function openStores(folders: Folders, parts: OpenParts): Promise<OpenedWeights> {
  const { own, ownPresent, base, json } = folders;
  const opener = new Opener(parts);
  const isAdapter = ownPresent.includes("adapter_config.json");
  let model = await opener.open(own, ownPresent, "model");
  if (model === null && isAdapter && base !== null) model = await opener.open(base.files, base.present, "model");
  if (model === null) throw noWeights(own.name, ownPresent, { base, isAdapter });
  const projection = await opener.open(own, ownPresent, "projection");
  const { weightFiles } = opener;
  if (!isAdapter) return { stores: { model, projection, adapter: null }, weightFiles };
  const store = await opener.open(own, ownPresent, "adapter");
  if (store === null)
    throw new BadInputError(
      `${own.name} has adapter_config.json, but neither adapter_model.safetensors nor adapter_model.bin`,
      "get the adapter's weights too, or remove adapter_config.json if it is merged already",
    );
  const config = parseAdapterConfig(await json("adapter_config.json"), `${own.name}/adapter_config.json`);
  return { stores: { model, projection, adapter: { store, config } }, weightFiles };
}

/** ModalityDance's names of the projection's parts. */
const PROJECTOR: Readonly<Record<string, string>> = { 1: "prj.1", 3: "prj.3", 4: "prj.ln" };

class Opener {
  readonly weightFiles: NamedFile[] = [];
  readonly #known: Readonly<Record<WeightKind, (names: ReadonlySet<string>) => boolean>>;

  constructor(readonly parts: OpenParts) {
    this.#known = {
      model: (names) => recogniseLayout(names, parts.family) !== null,
      projection: (names) => names.has("prj.1.weight") || names.has(PAUSE_EMBEDDING),
      adapter: (names) => [...names].some((name) => name.startsWith("base_model.model.")),
    };
  }

  /** Null where the folder has none of the kind. */
  async open(files: CheckpointFiles, present: readonly string[], kind: WeightKind): Promise<TensorStore | null> {
    const { opened, warn } = this.parts;
    const weights = await openWeights(files, present, kind);
    if (weights === null) return null;
    opened.push(weights);
    const unread = await passedOver(files, { present, kind }, weights);
    if (unread.length > 0)
      warn(
        `${files.name}: weights are read from ${weights.files.at(-1)}, not from ${unread.join(" or ")}, which ${unread.length === 1 ? "lies" : "lie"} there too`,
      );
    this.weightFiles.push(...weights.files.map((name) => ({ files, name })));
    const { store, prefixes } = unwrapped(weights.store, this.#known[kind]);
    if (prefixes.length > 0)
      warn(
        `${store.name}: names are read without ${prefixes.map(quoted).join(" and ")}, which a wrapper of training put in`,
      );
    return withPrj(store);
  }
}

/** The projection under the trainer's own names, which count where it has both. */
function withPrj(store: TensorStore): TensorStore {
  if (!store.tensors.has("projector.1.weight") || store.tensors.has("prj.1.weight")) return store;
  return renamedStore(store, (name) =>
    name.replace(/^projector\.(\d+)(?=\.)/, (all, part: string) => PROJECTOR[part] ?? all),
  );
}

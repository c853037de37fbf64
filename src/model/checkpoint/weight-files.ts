/** Finds and opens the files of a folder that hold weights. */

import { BadInputError } from "../../base/errors.js";
import { KIND_BYTES } from "./file-kind.js";
import { allWeights, foundWeights, isTorch, isTrainingState } from "./found-weights.js";
import { checkShards, joined, readShardIndex } from "./joined.js";
import { openSafetensors } from "./safetensors.js";
import { isFirstWithoutIndex, shardsWithoutIndex } from "./shard-names.js";
import type { ByteSource, CheckpointFiles } from "./source.js";
import type { TensorStore } from "./store.js";
import { openTorchBin } from "./torch-bin.js";

/** Opened weights, and which files of the folder they are (for hashing). */
export interface WeightFiles {
  readonly store: TensorStore;
  readonly files: readonly string[];
}

/** Names under which a folder holds weights of each kind, in the order in which they are looked for. */
const NAMES = {
  model: ["model.safetensors", "pytorch_model.bin"],
  adapter: ["adapter_model.safetensors", "adapter_model.bin"],
  projection: ["prj.safetensors", "prj.bin"],
} as const;

/** What weights are for. */
export type WeightKind = keyof typeof NAMES;

/** Opens a folder's weights of one kind, in one file or in shards; null where it has none. */
export async function openWeights(
  files: CheckpointFiles,
  present: readonly string[],
  kind: WeightKind,
): Promise<WeightFiles | null> {
  for (const name of NAMES[kind]) {
    if (present.includes(name)) return { store: await openWeightFile(files, name), files: [name] };
    if (present.includes(`${name}.index.json`)) return openShards(files, `${name}.index.json`);
  }
  if (kind !== "model") return null;
  const [shards] = shardsWithoutIndex(files.name, present);
  if (shards !== undefined) return openJoined(files, { names: shards, where: files.name });
  const found = await foundWeights(files, present);
  return found === null ? null : { store: await openWeightFile(files, found), files: [found] };
}

/** Weights of the same kind that lie in the folder and are not read, since others come first: they may be of another training. */
export async function passedOver(
  folder: CheckpointFiles,
  { present, kind }: { readonly present: readonly string[]; readonly kind: WeightKind },
  { files }: Pick<WeightFiles, "files">,
): Promise<string[]> {
  const named = NAMES[kind].flatMap((name) => [name, `${name}.index.json`]).filter((name) => present.includes(name));
  const firsts = kind === "model" ? present.filter((name) => isFirstWithoutIndex(name, present)) : [];
  // A trainer's checkpoint_3 beside the base's model.safetensors: the base would be run.
  const others = kind === "model" ? (await allWeights(folder, present)).found : [];
  return [...new Set([...named, ...firsts, ...others])].filter((name) => !files.includes(name));
}

/**
 * Opens one weights file: by what its name ends in, and by its first bytes where that says nothing.
 *
 * @throws BadInputError when it is damaged or of another format.
 */
export async function openWeightFile(files: CheckpointFiles, name: string): Promise<TensorStore> {
  const source = await files.open(name);
  try {
    return await ((await isOfTorch(source, name)) ? openTorchBin(source) : openSafetensors(source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function isOfTorch(source: ByteSource, name: string): Promise<boolean> {
  if (/\.(?:bin|pt|pth)$/.test(name)) return true;
  return !name.endsWith(".safetensors") && isTorch(await source.read(0, Math.min(KIND_BYTES, await source.size())));
}

async function openShards(files: CheckpointFiles, indexName: string): Promise<WeightFiles> {
  const index = await readShardIndex(files, indexName);
  const where = `${files.name}/${indexName}`;
  const check = (stores: readonly TensorStore[]): void => checkShards(where, index, stores);
  const { store, files: shards } = await openJoined(files, { names: index.files, where, check });
  return { store, files: [...shards, indexName] };
}

interface Shards {
  readonly names: readonly string[];
  /** Of all together, for messages. */
  readonly where: string;
  readonly check?: (stores: readonly TensorStore[]) => void;
}

async function openJoined(files: CheckpointFiles, { names, where, check }: Shards): Promise<WeightFiles> {
  const stores: TensorStore[] = [];
  try {
    for (const name of names) stores.push(await openWeightFile(files, name));
    check?.(stores);
    return { store: joined(where, stores), files: names };
  } catch (error) {
    await Promise.all(stores.map((store) => store.close()));
    throw error;
  }
}

/** Where a folder's weights were looked for besides. */
type Base = { readonly files: Pick<CheckpointFiles, "name">; readonly present: readonly string[] } | null;

/** Says what a folder without weights holds instead, and what helps. */
export function noWeights(
  name: string,
  present: readonly string[],
  { base, isAdapter }: { readonly base: Base; readonly isAdapter: boolean },
): BadInputError {
  const wanted = "model.safetensors, pytorch_model.bin, index of shards or file of PyTorch without a suffix";
  if (isAdapter && base === null)
    return new BadInputError(
      `${name} is an adapter without its base: it has no ${wanted}`,
      "give the folder of its base model too (--base DIR)",
    );
  const where = isAdapter && base !== null ? { name: base.files.name, present: base.present } : { name, present };
  const other = where.present.find(
    (file) => /\.(?:safetensors|bin|pt|pth|gguf|index\.json)$/.test(file) && !isTrainingState(file),
  );
  return new BadInputError(
    `${where.name} has no ${wanted}, found ${other ?? "no weights file"}`,
    adviceFor(other, present),
  );
}

function adviceFor(other: string | undefined, present: readonly string[]): string {
  if (other === "adapter_model.safetensors" || other === "adapter_model.bin")
    return "an adapter needs its adapter_config.json beside it, and its base model's folder with --base DIR";
  if (other?.endsWith(".gguf") === true) return "use the original safetensors weights";
  const shard = other === undefined ? null : /-of-\d+\.(safetensors|bin)$/.exec(other);
  if (shard !== null && shard !== undefined)
    return `get the index of the shards too (${shard[1] === "bin" ? "pytorch_model.bin" : "model.safetensors"}.index.json)`;
  if (other !== undefined && !present.includes("adapter_config.json"))
    return `if ${other} holds the weights, name it ${other.endsWith(".safetensors") ? "model.safetensors" : "pytorch_model.bin"}`;
  return "give a checkpoint folder of the CODI trainer or of Hugging Face";
}

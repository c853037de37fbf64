/** Finds and opens the files of a folder that hold weights. */

import { BadInputError } from "../errors.js";
import { checkShards, joined, readShardIndex } from "./joined.js";
import { openSafetensors } from "./safetensors.js";
import type { CheckpointFiles } from "./source.js";
import type { TensorStore } from "./store.js";
import { openTorchBin } from "./torch-bin.js";

/** Opened weights, and which files of the folder they are (for hashing). */
export interface WeightFiles {
  readonly store: TensorStore;
  readonly files: readonly string[];
}

/** Names under which a folder holds the weights of a model, in the order in which they are looked for. */
const MODEL_STEMS = ["model.safetensors", "pytorch_model.bin"] as const;
const ADAPTER_STEMS = ["adapter_model.safetensors", "adapter_model.bin"] as const;
const PROJECTION_STEMS = ["prj.safetensors", "prj.bin"] as const;

/** The language model's weights, with `prj.*` beside them where there is such a file; null where the folder has none. */
export async function openModelWeights(
  files: CheckpointFiles,
  present: readonly string[],
): Promise<WeightFiles | null> {
  return openFirst(files, present, MODEL_STEMS);
}

/** A PEFT adapter's weights; null where the folder has none. */
export async function openAdapterWeights(
  files: CheckpointFiles,
  present: readonly string[],
): Promise<WeightFiles | null> {
  return openFirst(files, present, ADAPTER_STEMS);
}

/** A file of its own for the projection; null where the folder has none. */
export async function openProjectionWeights(
  files: CheckpointFiles,
  present: readonly string[],
): Promise<WeightFiles | null> {
  return openFirst(files, present, PROJECTION_STEMS);
}

/** Opens one weights file by what its name ends in. @throws BadInputError when it is damaged or of another format. */
export async function openWeightFile(files: CheckpointFiles, name: string): Promise<TensorStore> {
  const source = await files.open(name);
  try {
    return await (name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")
      ? openTorchBin(source)
      : openSafetensors(source));
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openFirst(
  files: CheckpointFiles,
  present: readonly string[],
  stems: readonly string[],
): Promise<WeightFiles | null> {
  for (const stem of stems) {
    if (present.includes(stem)) return { store: await openWeightFile(files, stem), files: [stem] };
    if (present.includes(`${stem}.index.json`)) return openShards(files, `${stem}.index.json`);
  }
  return null;
}

async function openShards(files: CheckpointFiles, indexName: string): Promise<WeightFiles> {
  const index = await readShardIndex(files, indexName);
  const stores: TensorStore[] = [];
  try {
    for (const file of index.files) stores.push(await openWeightFile(files, file));
    const where = `${files.name}/${indexName}`;
    checkShards(where, index, stores);
    return { store: joined(where, stores), files: [...index.files, indexName] };
  } catch (error) {
    await Promise.all(stores.map((store) => store.close()));
    throw error;
  }
}

/** Says what a folder without weights holds instead. */
export function noWeights(name: string, present: readonly string[]): BadInputError {
  const other = present.find((file) => /\.(?:safetensors|bin|pt|pth|gguf|index\.json)$/.test(file));
  return new BadInputError(
    `${name} has no model.safetensors, pytorch_model.bin or index of shards, found ${other ?? "no weights file"}`,
    present.includes("adapter_config.json")
      ? "this is an adapter: give the folder of its base model too (--base DIR)"
      : "give a checkpoint folder of the CODI trainer or of Hugging Face",
  );
}

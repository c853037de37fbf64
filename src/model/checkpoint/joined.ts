/** Several weights files that act as one: the shards of an index. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { quoted } from "./quoted.js";
import { type CheckpointFiles, readJson } from "./source.js";
import { type StoredTensor, storedBytes, type TensorStore } from "./store.js";

/** @throws BadInputError when a tensor stands in two of them. */
export function joined(name: string, stores: readonly TensorStore[]): TensorStore {
  const [only] = stores;
  if (only !== undefined && stores.length === 1) return only;
  const tensors = new Map<string, StoredTensor>();
  const owners = new Map<string, TensorStore>();
  for (const store of stores)
    for (const [key, tensor] of store.tensors) {
      const other = owners.get(key);
      if (other !== undefined)
        throw new BadInputError(
          `Tensor ${quoted(key)} stands in ${other.name} and in ${store.name}`,
          "keep one of the two files",
        );
      owners.set(key, store);
      tensors.set(key, tensor);
    }
  return {
    name,
    tensors,
    read: (key, supply, range) => {
      const owner = owners.get(key);
      if (owner === undefined) throw new BadInputError(`${name} has no tensor ${quoted(key)}`, "run the weights check");
      return owner.read(key, supply, range);
    },
    isSame: (one, other) => owners.get(one) === owners.get(other) && owners.get(one)?.isSame(one, other) === true,
    close: async () => void (await Promise.all(stores.map((store) => store.close()))),
  };
}

/** What an index file says: tensor → file. */
export interface ShardIndex {
  /** Shards in the order of their names. */
  readonly files: readonly string[];
  readonly fileOf: ReadonlyMap<string, string>;
  /** Bytes of all tensors, where it says so. */
  readonly totalSize: number | null;
}

const MOST_SHARDS = 10_000;
const schema = z.looseObject({
  metadata: z.looseObject({ total_size: z.int().nonnegative().optional() }).optional(),
  weight_map: z.record(z.string(), z.string()),
});

/** Reads `*.index.json`. @throws BadInputError for names that are not plain files of the folder, and for files that are missing. */
export async function readShardIndex(files: CheckpointFiles, name: string): Promise<ShardIndex> {
  const where = `${files.name}/${name}`;
  const checked = schema.safeParse(await readJson(files, name));
  if (!checked.success) throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, "get the file again");
  const fileOf = new Map(Object.entries(checked.data.weight_map));
  const shards = [...new Set(fileOf.values())].sort();
  if (shards.length === 0 || shards.length > MOST_SHARDS)
    throw new BadInputError(`${where} names ${shards.length} files, wanted 1 to ${MOST_SHARDS}`, "get the file again");
  const present = await files.list();
  for (const shard of shards) {
    // Plain names only: no way out of the folder, on no system.
    if (!/^[\w.+=,@ -]+$/u.test(shard) || shard.startsWith("."))
      throw new BadInputError(
        `${where} names the file ${quoted(shard)}, wanted plain file names`,
        "get the file again",
      );
    if (!present.includes(shard))
      throw new BadInputError(
        `${where} names ${quoted(shard)}, which is not in ${files.name}`,
        "get the missing shard",
      );
    await files.checkInside(shard);
  }
  return { files: shards, fileOf, totalSize: checked.data.metadata?.total_size ?? null };
}

/** @throws BadInputError when the shards hold other tensors, or tensors elsewhere, than the index says. */
export function checkShards(where: string, index: ShardIndex, stores: readonly TensorStore[]): void {
  const refuse = (what: string): BadInputError =>
    new BadInputError(`${where}: ${what}`, "index and shards are of different models: get them again");
  const held = new Map<string, string>();
  let bytes = 0;
  for (const [i, store] of stores.entries())
    for (const [key, tensor] of store.tensors) {
      const shard = index.files[i] ?? "";
      const wanted = index.fileOf.get(key);
      if (wanted === undefined) throw refuse(`${quoted(shard)} holds ${quoted(key)}, which the index does not name`);
      if (wanted !== shard) throw refuse(`${quoted(key)} is in ${quoted(shard)}, the index says ${quoted(wanted)}`);
      held.set(key, shard);
      bytes += storedBytes(tensor);
    }
  const missing = [...index.fileOf].find(([key]) => !held.has(key));
  if (missing !== undefined) throw refuse(`${quoted(missing[0])} is not in ${quoted(missing[1])}`);
  // PyTorch's shards may share storages, which its index counts once.
  const least = index.files.every((file) => file.endsWith(".safetensors")) ? bytes : 0;
  if (index.totalSize !== null && (index.totalSize < least || index.totalSize > bytes))
    throw refuse(`total_size is ${index.totalSize}, the shards hold ${bytes} bytes of tensors`);
}

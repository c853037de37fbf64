/** Writes a checkpoint again: merged, in one type, as safetensors that Hugging Face's own class loads, the projection beside it. */

import { existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { mebibytes } from "../base/bytes.js";
import { BadInputError, EnvironmentError, UsageError } from "../base/errors.js";
import { diskError } from "../disk/atomic-file.js";
import { folderOf, openFolder } from "../model/checkpoint/folder.js";
import type { Checkpoint } from "../model/checkpoint/load.js";
import { openCheckpointFolder } from "../model/checkpoint/open-folder.js";
import { elements } from "../model/checkpoint/store.js";
import { hubName, isOfLatents } from "../model/checkpoint/weight-map.js";
import type { WeightParts } from "../model/checkpoint/weight-reader.js";
import { safetensorsHeader } from "../model/checkpoint/write-safetensors.js";
import type { FamilyName } from "../model/decoder/family-names.js";
import { type LoadProgress, upload } from "../model/latent/load/upload-model.js";
import { loopOf, mayHaveEos } from "../model/latent/protocols/loop.js";
import type { EngineChoice } from "../model/tensor/engine.js";
import { startEngine } from "../model/tensor/engines/start.js";
import { type FloatValues, float32ToBf16, float32ToF16, widened } from "../model/tensor/floats.js";
import { numbersOf } from "../model/tensor/numbers.js";

/** Types that a checkpoint can be written in. */
export const CONVERT_DTYPES = ["F32", "BF16", "F16"] as const;
/** One of them. */
export type ConvertDtype = (typeof CONVERT_DTYPES)[number];

/** What may be asked of a conversion. */
export interface ConvertOptions {
  readonly dtype: ConvertDtype;
  readonly base?: string | undefined;
  readonly engine?: EngineChoice | undefined;
  /** How many latents the model was trained with, where no file says it. */
  readonly latents?: number | undefined;
  /** Refuse what no file says. */
  readonly strict?: boolean | undefined;
  /** Version of this package, for the manifest. */
  readonly version: string;
  readonly onNotice?: (notice: string) => void;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** What was written. */
export interface Converted {
  readonly out: string;
  readonly bytes: number;
  readonly merged: number;
  readonly files: readonly WrittenFile[];
}

/** One file of the new folder. */
export interface WrittenFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

const COPIED = ["tokenizer_config.json", "special_tokens_map.json", "generation_config.json"];
const ARCHITECTURES: Readonly<Record<FamilyName, string>> = {
  llama: "LlamaForCausalLM",
  gpt2: "GPT2LMHeadModel",
  qwen2: "Qwen2ForCausalLM",
};
const TORCH_DTYPE = { F32: "float32", BF16: "bfloat16", F16: "float16" } as const;

/**
 * @param out a folder that does not exist or is empty; it appears whole or not at all.
 * @throws UsageError for a folder in use; BadInputError for a bad source or values that the type cannot hold; EnvironmentError for the disk.
 */
export async function convertWeights(source: string, out: string, options: ConvertOptions): Promise<Converted> {
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new UsageError(`"${out}" is not empty`, "give a new folder, or empty it first");
  const checkpoint = await openCheckpointFolder(source, {
    base: options.base,
    strict: options.strict,
    latents: options.latents,
    onNotice: options.onNotice,
  });
  const part = `${resolve(out)}.part-${process.pid}`;
  try {
    await startEngine(options.engine ?? "auto");
    await mkdir(part, { recursive: true }).catch((error: unknown) => {
      throw diskError(part, error);
    });
    checkSpace(part, checkpoint, options.dtype);
    const files = await writeFolder(part, checkpoint, { source, options });
    await rm(out, { recursive: true, force: true });
    await rename(part, out);
    const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
    return { out, bytes, merged: pairsOf(checkpoint).length, files };
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error instanceof Error && "code" in error ? diskError(out, error) : error;
  } finally {
    await checkpoint.close();
  }
}

function checkSpace(folder: string, checkpoint: Checkpoint, dtype: ConvertDtype): void {
  const needed = checkpoint.parameters * (dtype === "F32" ? 4 : 2);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed * 1.01 + 2 ** 24)
    throw new EnvironmentError(
      `Not enough space for the converted weights: ${mebibytes(needed)} are needed, ${mebibytes(bavail * bsize)} are free beside "${dirname(folder)}"`,
      "free space, or choose a smaller type with --dtype",
    );
}

async function writeFolder(
  folder: string,
  checkpoint: Checkpoint,
  { source, options }: { readonly source: string; readonly options: ConvertOptions },
): Promise<WrittenFile[]> {
  const names = [...checkpoint.plan.weights.keys()];
  const model = new WeightsWriter(folder, "model.safetensors", {
    checkpoint,
    dtype: options.dtype,
    fileName: (name) => (isOfLatents(name) ? null : hubName(name, checkpoint.plan.family)),
  });
  const projection = names.some(isOfLatents)
    ? new WeightsWriter(folder, "prj.safetensors", {
        checkpoint,
        dtype: options.dtype,
        fileName: (name) => (isOfLatents(name) ? name : null),
      })
    : null;
  const writers = projection === null ? [model] : [model, projection];
  try {
    for (const writer of writers) await writer.open();
    let done = 0;
    for await (const [parts] of checkpoint.weights()) {
      if (parts === undefined) continue;
      const values = await merged(parts, options.dtype, source);
      for (const writer of writers) await writer.write(parts.name, values);
      options.onProgress?.({ done: ++done, total: names.length });
    }
  } finally {
    for (const writer of writers) await writer.close();
  }
  await writeSettings(folder, checkpoint, { source, options });
  const files: WrittenFile[] = [];
  for (const file of readdirSync(folder).sort()) {
    const bytes = (await stat(join(folder, file))).size;
    files.push({ file, bytes, sha256: await openFolder(folder).sha256(file) });
  }
  const manifest = {
    schema: 1,
    made: `codilens ${options.version} weights convert --dtype ${options.dtype}`,
    source: { name: source, ...(await checkpoint.hashes()) },
    merged: pairsOf(checkpoint),
    files,
  };
  await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  return files;
}

function pairsOf({ plan }: Checkpoint): { name: string; rank: number; scale: number }[] {
  return [...plan.weights.values()].flatMap(({ name, lora }) =>
    lora === null ? [] : [{ name, rank: lora.rank, scale: lora.scale }],
  );
}

async function writeSettings(
  folder: string,
  checkpoint: Checkpoint,
  { source, options }: { readonly source: string; readonly options: ConvertOptions },
): Promise<void> {
  const folders = [source, ...(options.base === undefined ? [] : [options.base])].map(folderOf);
  const find = (file: string): string | undefined =>
    folders.find((each) => (statSync(join(each, file), { throwIfNoEntry: false })?.size ?? 0) > 0);
  const { vocabRows, configJson } = checkpoint;
  const { torch_dtype: _, dtype: __, ...kept } = configJson as Record<string, unknown>;
  const changed = {
    ...kept,
    architectures: [ARCHITECTURES[checkpoint.plan.family]],
    vocab_size: vocabRows,
    tie_word_embeddings: checkpoint.config.tiedEmbeddings,
    torch_dtype: TORCH_DTYPE[options.dtype],
  };
  await writeFile(join(folder, "config.json"), `${JSON.stringify(changed, null, 2)}\n`);
  const settings = latentSettings(checkpoint);
  if (settings !== null) await writeFile(join(folder, "codi.json"), `${JSON.stringify(settings, null, 2)}\n`);
  const [tokenizer, ...others] = checkpoint.tokenizerFiles;
  // One that was saved as a vocabulary and merges is written whole: every program reads that.
  if (tokenizer === undefined || others.length > 0)
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(checkpoint.tokenizerJson));
  else await writeFile(join(folder, "tokenizer.json"), await readFile(tokenizer));
  for (const file of COPIED) {
    const from = find(file);
    if (from !== undefined) await writeFile(join(folder, file), await readFile(join(from, file)));
  }
}

/** `codi.json` of the new folder: the rows are inside the vocabulary now, so their ids must be written down. Null for a model without latents. */
function latentSettings({ codi, plan, because, assumed }: Checkpoint): object | null {
  if (because.protocol === null || codi.numLatents === 0) return null;
  const { feedback } = loopOf(codi.protocol);
  // Written down, a guess at a Coconut's would count as known; and what hints at another number is left out of the new folder.
  const isGuess = feedback !== "projection" && assumed.some(({ what }) => what === "num_latents");
  return {
    ...(isGuess ? {} : { num_latents: codi.numLatents }),
    ...(mayHaveEos(loopOf(codi.protocol)) ? { remove_eos: codi.removeEos } : {}),
    protocol: codi.protocol,
    pad_token_id: codi.padTokenId,
    bot_token_id: codi.botTokenId,
    eot_token_id: codi.eotTokenId,
    ...(codi.eosTokenId === null ? {} : { eos_token_id: codi.eosTokenId }),
    ...(plan.prjDim === null || plan.weights.has("prj.ln.weight") ? {} : { prj_layer_norm: false }),
  };
}

/** The weight in the wanted type; what needs no arithmetic keeps its bits. */
async function merged(parts: WeightParts, dtype: ConvertDtype, source: string): Promise<FloatValues> {
  if (parts.lora === null && parts.values.dtype === dtype) return parts.values;
  const wide = parts.lora === null ? widened(parts.values) : await mergedValues(parts);
  if (dtype === "F32") return { dtype, data: wide };
  const data = dtype === "BF16" ? float32ToBf16(wide) : float32ToF16(wide);
  const infinity = dtype === "BF16" ? 0x7f80 : 0x7c00;
  const bad = data.findIndex((word) => (word & 0x7fff) >= infinity);
  if (bad >= 0)
    throw new BadInputError(
      `${source}: ${parts.name} holds ${wide[bad]} at element ${bad}, which ${dtype} cannot hold`,
      "choose --dtype F32 or BF16",
    );
  return { dtype, data };
}

async function mergedValues(parts: WeightParts): Promise<Float32Array> {
  const tensor = await upload([parts]);
  try {
    return await numbersOf(tensor);
  } finally {
    tensor.dispose();
  }
}

interface WriterParts {
  readonly checkpoint: Checkpoint;
  readonly dtype: ConvertDtype;
  /** A weight's name in the file; null where it is not in it. */
  readonly fileName: (name: string) => string | null;
}

/** One safetensors file, written tensor by tensor in whatever order they come. */
class WeightsWriter {
  readonly #header: ReturnType<typeof safetensorsHeader>;
  readonly #path: string;
  #handle: Awaited<ReturnType<typeof open>> | null = null;
  readonly fileName: (name: string) => string | null;

  constructor(folder: string, file: string, { checkpoint, dtype, fileName }: WriterParts) {
    this.fileName = fileName;
    this.#path = join(folder, file);
    const tensors = [...checkpoint.plan.weights.values()].flatMap(({ name, shape }) => {
      const own = fileName(name);
      return own === null ? [] : [{ name: own, dtype, shape, length: elements(shape) }];
    });
    this.#header = safetensorsHeader(tensors, { format: "pt" });
  }

  async open(): Promise<void> {
    this.#handle = await open(this.#path, "wx");
    await this.#put(this.#header.bytes, 0);
  }

  async write(name: string, { data }: FloatValues): Promise<void> {
    const own = this.fileName(name);
    const at = own === null ? undefined : this.#header.offsets.get(own);
    if (at === undefined) return;
    await this.#put(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  }

  async close(): Promise<void> {
    await this.#handle?.sync();
    await this.#handle?.close();
    this.#handle = null;
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    let done = 0;
    // A write may be short when the disk fills; only the next one throws.
    while (done < bytes.length) {
      const { bytesWritten } = (await this.#handle?.write(
        bytes,
        done,
        Math.min(2 ** 30, bytes.length - done),
        at + done,
      )) ?? {
        bytesWritten: 0,
      };
      if (bytesWritten === 0)
        throw diskError(this.#path, Object.assign(new Error("nothing was written"), { code: "ENOSPC" }));
      done += bytesWritten;
    }
  }
}

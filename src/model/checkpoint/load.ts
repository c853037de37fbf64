/** Opens a checkpoint: recognises its layout, checks every tensor before one is read, merges LoRA as weights are asked for. */

import { type CodiConfig, parseCodiConfig } from "../codi/config.js";
import { BadInputError } from "../errors.js";
import { type LlamaConfig, parseLlamaConfig } from "../llama/config.js";
import { firstNonFinite } from "./half.js";
import { mergeLora } from "./lora.js";
import { quoted } from "./quoted.js";
import { openSafetensors, type SafetensorsFile } from "./safetensors.js";
import { type CheckpointFiles, readJson } from "./source.js";
import {
  type CanonicalName,
  expectedShapes,
  isLoraTarget,
  type Layout,
  loraNames,
  projectionShapes,
  recogniseLayout,
} from "./weight-map.js";

/** An opened checkpoint; weights are read and merged when asked for. */
export interface Checkpoint {
  readonly name: string;
  readonly layout: Layout["kind"];
  readonly config: LlamaConfig;
  readonly codi: CodiConfig;
  /** Inner width of the projection; null for a plain LLaMA. */
  readonly prjDim: number | null;
  /** Rows of `embed_tokens`. */
  readonly vocabRows: number;
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig: unknown;
  /** Types of the stored weights, e.g. `F32` or `BF16+F32`. */
  readonly dtype: string;
  readonly hashes: { readonly weightsSha256: string; readonly tokenizerSha256: string; readonly configSha256: string };
  /** Float32 in the checkpoint's layout `[out, in]`, LoRA merged. @throws BadInputError for NaN, infinity or a cut file. */
  weight(name: CanonicalName): Promise<{ shape: readonly number[]; data: Float32Array }>;
  close(): Promise<void>;
}

/** @throws BadInputError naming file, tensors, found and wanted; nothing is loaded then. */
export async function openCheckpoint(files: CheckpointFiles): Promise<Checkpoint> {
  const present = await files.list();
  for (const needed of ["config.json", "tokenizer.json"]) {
    if (!present.includes(needed))
      throw new BadInputError(
        `${files.name} has no ${needed}`,
        "give a checkpoint folder with config.json, tokenizer.json and model.safetensors",
      );
  }
  if (!present.includes("model.safetensors")) throw noWeights(files.name, present);
  const config = parseLlamaConfig(await readJson(files, "config.json"), `${files.name}/config.json`);
  const codiJson = present.includes("codi.json") ? await readJson(files, "codi.json") : undefined;
  const codi = parseCodiConfig(codiJson, config.vocabSize, `${files.name}/codi.json`);
  const source = await files.open("model.safetensors");
  try {
    const file = await openSafetensors(source);
    const checked = checkTensors(file, config, codi, source.name);
    const hashes = {
      weightsSha256: await files.sha256("model.safetensors"),
      tokenizerSha256: await files.sha256("tokenizer.json"),
      configSha256: await files.sha256("config.json"),
    };
    return {
      name: files.name,
      layout: checked.layout.kind,
      config,
      codi,
      prjDim: checked.prjDim,
      vocabRows: checked.vocabRows,
      tokenizerJson: await readJson(files, "tokenizer.json"),
      tokenizerConfig: present.includes("tokenizer_config.json")
        ? await readJson(files, "tokenizer_config.json")
        : undefined,
      dtype: [...new Set([...file.tensors.values()].map(({ dtype }) => dtype))].sort().join("+"),
      hashes,
      weight: (name) => readWeight(file, checked, codi, name),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function noWeights(name: string, present: readonly string[]): BadInputError {
  const other = present.find(
    (file) => file === "pytorch_model.bin" || file.endsWith(".index.json") || file === "adapter_config.json",
  );
  const found = other === undefined ? "no weights file" : other;
  return new BadInputError(
    `${name} has no model.safetensors, found ${found}`,
    "this version reads one model.safetensors; save the model so",
  );
}

interface Checked {
  readonly layout: Layout;
  readonly vocabRows: number;
  readonly prjDim: number | null;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

// Buffers that older trainers stored; they hold no weight.
const IGNORED = /\.rotary_emb\.inv_freq$/;

function checkTensors(file: SafetensorsFile, config: LlamaConfig, codi: CodiConfig, where: string): Checked {
  const layout = recogniseLayout(new Set(file.tensors.keys()));
  if (layout === null) {
    const some = [...file.tensors.keys()].slice(0, 3).map(quoted).join(", ");
    throw new BadInputError(
      `${where}: no layout recognised among its tensors (${some}, …)`,
      "wanted model.embed_tokens.weight, codi.model.… or codi.base_model.model.model.…",
    );
  }
  const vocabRows = config.vocabSize + (layout.kind === "llama" ? 0 : codi.rowsAdded);
  const prjDim = file.tensors.get("prj.1.weight")?.shape[0] ?? null;
  const shapes = expectedShapes(config, vocabRows);
  if (prjDim !== null) for (const [name, shape] of projectionShapes(config.dModel, prjDim)) shapes.set(name, shape);
  const beyond = [config.bosTokenId, ...config.eosTokenIds].find((id) => id >= vocabRows);
  if (beyond !== undefined)
    throw new BadInputError(
      `config.json: bos_token_id or eos_token_id is ${beyond}, the embedding has rows 0 to ${vocabRows - 1}`,
      "correct config.json: a model whose EOS cannot be said never stops",
    );
  const problems = mismatches(file, layout, shapes);
  if (problems.length > 0) {
    const shown = problems.slice(0, 10).join("; ");
    const more = problems.length > 10 ? `; and ${problems.length - 10} more` : "";
    throw new BadInputError(
      `${where} does not fit config.json: ${shown}${more}`,
      "use the config.json that belongs to these weights",
    );
  }
  return { layout, vocabRows, prjDim, shapes };
}

function mismatches(file: SafetensorsFile, layout: Layout, shapes: ReadonlyMap<string, readonly number[]>): string[] {
  const problems: string[] = [];
  const used = new Set<string>();
  const look = (fileName: string, wanted: readonly (number | null)[]): void => {
    used.add(fileName);
    const info = file.tensors.get(fileName);
    if (info === undefined) problems.push(`${quoted(fileName)} is missing`);
    else if (!sameShape(info.shape, wanted))
      problems.push(
        `${quoted(fileName)} is [${info.shape.join(", ")}], wanted [${wanted.map((n) => n ?? "r").join(", ")}]`,
      );
    else if (!["F32", "F16", "BF16"].includes(info.dtype))
      problems.push(`${quoted(fileName)} is ${info.dtype}, wanted F32, F16 or BF16`);
  };
  for (const [name, shape] of shapes) {
    look(layout.fileName(name), shape);
    if (layout.kind === "codi-lora" && isLoraTarget(name)) {
      const { a, b } = loraNames(layout, name);
      if (file.tensors.get(a)?.shape[0] === 0) problems.push(`${quoted(a)} has rank 0, wanted at least 1`);
      look(a, [null, shape[1] ?? 0]);
      look(b, [shape[0] ?? 0, file.tensors.get(a)?.shape[0] ?? null]);
    }
  }
  // A tied head may be stored too; whether it equals the embedding is checked when the embedding is read.
  used.add(layout.fileName("lm_head.weight"));
  const left = [...file.tensors.keys()].filter((name) => !used.has(name) && !IGNORED.test(name));
  return [...problems, ...left.map((name) => `${quoted(name)} is not part of the model`)];
}

function sameShape(found: readonly number[], wanted: readonly (number | null)[]): boolean {
  return found.length === wanted.length && wanted.every((n, i) => n === null || n === found[i]);
}

async function readWeight(
  file: SafetensorsFile,
  checked: Checked,
  codi: CodiConfig,
  name: string,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const shape = checked.shapes.get(name);
  if (shape === undefined)
    throw new BadInputError(`This checkpoint has no weight "${name}"`, "see weight-map.ts for the names");
  const { layout } = checked;
  const data = await file.readFloat32(layout.fileName(name));
  if (name === "embed_tokens.weight") await checkTiedHead(file, checked, data);
  if (layout.kind === "codi-lora" && isLoraTarget(name)) {
    const names = loraNames(layout, name);
    const [a, b] = [await file.readFloat32(names.a), await file.readFloat32(names.b)];
    const r = file.tensors.get(names.a)?.shape[0] ?? 1;
    mergeLora(data, a, b, { out: shape[0] ?? 0, in: shape[1] ?? 0, r }, codi.loraAlpha / r);
    // Finite parts can have an infinite product.
    const bad = firstNonFinite(data);
    if (bad >= 0)
      throw new BadInputError(
        `${quoted(name)}: merging its LoRA pair gives ${data[bad]} at element ${bad}`,
        "the adapter is damaged, or lora_alpha in codi.json is wrong",
      );
  }
  return { shape, data };
}

async function checkTiedHead(file: SafetensorsFile, { layout, shapes }: Checked, embed: Float32Array): Promise<void> {
  const headName = layout.fileName("lm_head.weight");
  if (shapes.has("lm_head.weight") || !file.tensors.has(headName)) return;
  const head = await file.readFloat32(headName);
  const differs = head.length === embed.length ? head.findIndex((value, i) => value !== embed[i]) : 0;
  if (differs >= 0) {
    throw new BadInputError(
      `"${headName}" differs from the embedding at element ${differs}, but config.json says tie_word_embeddings`,
      "correct config.json or the weights",
    );
  }
}

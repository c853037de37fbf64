/** tiny-codi in the shape of a larger LLaMA: the same tokens from products as large as the larger model's. */

import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import type { TensorStore } from "../../src/model/checkpoint/store.js";
import { safetensorsHeader, type TensorEntry } from "../../src/model/checkpoint/write-safetensors.js";
import { type Axis, type Placement, placementOf, type Sizes, SPECIALS, sizesProblem } from "./placement.mjs";
import type { Shape } from "./random-checkpoint.mjs";

const TINY = fileURLToPath(new URL("../../weights/tiny-codi", import.meta.url));

/** Twice the width of tiny-codi: for a quick run. */
export const SHAPE_SMALL: Shape = {
  layers: 16,
  dModel: 128,
  dMlp: 256,
  heads: 8,
  kvHeads: 2,
  dHead: 32,
  vocab: 1024,
};

/**
 * Makes the checkpoint unless it is there. Its file takes little of the disk: zeros are left out of it as holes.
 *
 * @param folder where it will lie; the folders above it are made.
 * @throws RangeError for a shape that does not hold tiny-codi.
 */
export async function ensureBlownUp(folder: string, shape: Shape): Promise<string> {
  if (existsSync(join(folder, "model.safetensors"))) return folder;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const config = JSON.parse(readFileSync(join(TINY, "config.json"), "utf8")) as Record<string, unknown>;
  const sizes = { small: shapeOf(config), large: shape };
  const problem = sizesProblem(sizes);
  if (problem !== null) throw new RangeError(problem);
  writeFileSync(join(draft, "config.json"), JSON.stringify({ ...config, ...fieldsOf(sizes, config) }, null, 1));
  for (const file of ["codi.json", "tokenizer.json"]) copyFileSync(join(TINY, file), join(draft, file));
  const source = await openSafetensors(await openFolder(TINY).open("model.safetensors"));
  try {
    await writeWeights(join(draft, "model.safetensors"), source, sizes);
  } finally {
    await source.close();
  }
  // Renamed when it is whole: a half-written one is never taken for a checkpoint.
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

/** `config.json` in a shape's words. */
function shapeOf(config: Record<string, unknown>): Shape {
  return {
    layers: Number(config["num_hidden_layers"]),
    dModel: Number(config["hidden_size"]),
    dMlp: Number(config["intermediate_size"]),
    heads: Number(config["num_attention_heads"]),
    kvHeads: Number(config["num_key_value_heads"]),
    dHead: Number(config["head_dim"]),
    vocab: Number(config["vocab_size"]) - SPECIALS,
  };
}

function fieldsOf({ small, large }: Sizes, config: Record<string, unknown>): Record<string, unknown> {
  return {
    // tiny-codi's ids stay what they are, the special ones too, so they lie inside the vocabulary.
    vocab_size: large.vocab + SPECIALS,
    hidden_size: large.dModel,
    intermediate_size: large.dMlp,
    num_hidden_layers: large.layers,
    num_attention_heads: large.heads,
    num_key_value_heads: large.kvHeads,
    head_dim: large.dHead,
    max_position_embeddings: 131072,
    // The mean of squares is taken over so many times as many values, of which the added ones are zero.
    rms_norm_eps: (Number(config["rms_norm_eps"]) * small.dModel) / large.dModel,
  };
}

async function writeWeights(path: string, source: TensorStore, sizes: Sizes): Promise<void> {
  const placed = namesOf(source, sizes).map(({ name, from }) => {
    const placement = placementOf(from, sizes);
    const empty = name !== from && /\.(?:o_proj|down_proj)\.weight$/.test(name);
    return { from, placement, entry: entryOf(name, placement), empty };
  });
  const { bytes, offsets, size } = safetensorsHeader(
    placed.map(({ entry }) => entry),
    { format: "pt" },
  );
  const file = openSync(path, "w");
  try {
    writeSync(file, bytes, 0, bytes.length, 0);
    ftruncateSync(file, size);
    for (const { from, placement, entry, empty } of placed) {
      // A block whose outputs are zero adds nothing to the stream.
      if (empty) continue;
      const { data } = await source.read(from);
      if (!(data instanceof Float32Array)) throw new RangeError(`${from} is not float32`);
      writeRows(file, data, { placement, at: offsets.get(entry.name) ?? 0 });
    }
  } finally {
    closeSync(file);
  }
}

/** The tensors that will be written, each with the one of tiny-codi that it is made of; blocks beyond its own are made of its last. */
function namesOf(source: TensorStore, { small, large }: Sizes): { name: string; from: string }[] {
  const last = `.layers.${small.layers - 1}.`;
  return (
    [...source.tensors.keys()]
      // The head is the embedding.
      .filter((name) => name !== "codi.lm_head.weight")
      .flatMap((from) => [
        { name: from, from },
        ...(from.includes(last)
          ? Array.from({ length: large.layers - small.layers }, (_, i) => ({
              name: from.replace(last, `.layers.${small.layers + i}.`),
              from,
            }))
          : []),
      ])
  );
}

function entryOf(name: string, { axes }: Placement): TensorEntry {
  const shape = axes.map(({ length }) => length);
  return { name, dtype: "F32", shape, length: shape.reduce((product, n) => product * n, 1) };
}

// A vector is the one row of a matrix.
const ONE_ROW: Axis = { length: 1, targets: [[0]] };

/** Only rows that hold something are written; what lies between them reads as zeros. */
function writeRows(file: number, data: Float32Array, { placement, at }: { placement: Placement; at: number }): void {
  const { axes, factor } = placement;
  const [columns = ONE_ROW, rows = ONE_ROW] = [...axes].reverse();
  const count = columns.targets.length;
  for (const [row, places] of rows.targets.entries()) {
    const out = new Float32Array(columns.length);
    for (const [column, targets] of columns.targets.entries())
      for (const target of targets) out[target] = (data[row * count + column] ?? Number.NaN) * factor;
    for (const place of places) writeSync(file, out, 0, out.byteLength, at + place * out.byteLength);
  }
}

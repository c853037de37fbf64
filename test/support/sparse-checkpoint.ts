/** Checkpoints of published sizes, for what is said before a weight is read: their weights are zeros that take no disk. */

import { closeSync, copyFileSync, ftruncateSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { modelFolder } from "./parity.js";

/** Sizes of a published LLaMA. */
export interface PublishedShape {
  readonly layers: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly isTied: boolean;
  /** As the model card counts them, without rows or a projection that CODI adds. */
  readonly parameters: number;
}

const LLAMA_3 = { kvHeads: 8, dHead: 128 };
/** From the `config.json` and the parameter count of each model's page on the hub. */
export const PUBLISHED = {
  "1B": {
    ...{ ...LLAMA_3, dHead: 64, layers: 16, dModel: 2048, dMlp: 8192, heads: 32, isTied: true },
    parameters: 1_235_814_400,
  },
  "3B": { ...LLAMA_3, layers: 28, dModel: 3072, dMlp: 8192, heads: 24, isTied: true, parameters: 3_212_749_824 },
  "8B": { ...LLAMA_3, layers: 32, dModel: 4096, dMlp: 14336, heads: 32, isTied: false, parameters: 8_030_261_248 },
} as const satisfies Record<string, PublishedShape>;

const VOCAB = 128_256;
/** Rows for pad, BOT and EOT. */
const ADDED = 3;
/** Inner width of the projection. */
const PRJ_DIM = 2048;

/** What CODI puts beside the published weights: rows of the embedding (and of a head of its own), and the projection. */
export function addedWeights(shape: PublishedShape): number {
  return addedRows(shape) + projectionWeights(shape);
}

/** Of these, the rows. */
export function addedRows({ dModel, isTied }: PublishedShape): number {
  return ADDED * dModel * (isTied ? 1 : 2);
}

/** Of these, the projection. */
export function projectionWeights({ dModel }: PublishedShape): number {
  return 2 * PRJ_DIM * dModel + PRJ_DIM + 3 * dModel;
}

/** Writes the folder, all weights in BF16. */
export function sparseCheckpoint(folder: string, shape: PublishedShape): void {
  copyFileSync(join(modelFolder("grouped-llama3"), "tokenizer.json"), join(folder, "tokenizer.json"));
  const { layers, dModel, dMlp, heads, kvHeads, dHead, isTied } = shape;
  const config = {
    ...{ model_type: "llama", vocab_size: VOCAB, hidden_size: dModel, intermediate_size: dMlp },
    ...{ num_hidden_layers: layers, num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: dHead },
    ...{ hidden_act: "silu", max_position_embeddings: 131_072, rms_norm_eps: 1e-5, rope_theta: 500_000 },
    ...{ tie_word_embeddings: isTied, bos_token_id: 0, eos_token_id: 1 },
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "codi.json"), JSON.stringify({ num_latents: 6 }));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = {};
  let at = 0;
  const put = (name: string, ...sizes: number[]): void => {
    const end = at + 2 * sizes.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape: sizes, data_offsets: [at, end] };
    at = end;
  };
  put(`codi.model.embed_tokens.weight`, VOCAB + ADDED, dModel);
  for (let layer = 0; layer < layers; layer++) {
    const block = `codi.model.layers.${layer}`;
    put(`${block}.input_layernorm.weight`, dModel);
    put(`${block}.self_attn.q_proj.weight`, heads * dHead, dModel);
    put(`${block}.self_attn.k_proj.weight`, kvHeads * dHead, dModel);
    put(`${block}.self_attn.v_proj.weight`, kvHeads * dHead, dModel);
    put(`${block}.self_attn.o_proj.weight`, dModel, heads * dHead);
    put(`${block}.post_attention_layernorm.weight`, dModel);
    put(`${block}.mlp.gate_proj.weight`, dMlp, dModel);
    put(`${block}.mlp.up_proj.weight`, dMlp, dModel);
    put(`${block}.mlp.down_proj.weight`, dModel, dMlp);
  }
  put(`codi.model.norm.weight`, dModel);
  if (!isTied) put(`codi.lm_head.weight`, VOCAB + ADDED, dModel);
  put("prj.1.weight", PRJ_DIM, dModel);
  put("prj.1.bias", PRJ_DIM);
  put("prj.3.weight", dModel, PRJ_DIM);
  for (const name of ["prj.3.bias", "prj.ln.weight", "prj.ln.bias"]) put(name, dModel);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const out = openSync(join(folder, "model.safetensors"), "w");
  writeSync(out, Buffer.concat([length, text]));
  ftruncateSync(out, 8 + text.length + at);
  closeSync(out);
}

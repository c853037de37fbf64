/** CODI checkpoints with random BF16 weights, keys as the trainer writes them without LoRA, and a tokenizer of bytes. */

import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { safetensorsHeader, type TensorEntry } from "../../src/model/checkpoint/write-safetensors.js";

/** Sizes of a LLaMA with CODI's projection. */
export interface Shape {
  readonly layers: number;
  readonly dModel: number;
  readonly dMlp: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  /** Before the three rows for pad, BOT and EOT. */
  readonly vocab: number;
}

/** LLaMA-3.2-1B. */
export const SHAPE_1B: Shape = {
  layers: 16,
  dModel: 2048,
  dMlp: 8192,
  heads: 32,
  kvHeads: 8,
  dHead: 64,
  vocab: 128256,
};
/** Small enough for a laptop's minute; every mechanism is in it. */
export const SHAPE_TINY: Shape = { layers: 4, dModel: 64, dMlp: 192, heads: 4, kvHeads: 2, dHead: 16, vocab: 320 };

/** Makes the checkpoint unless it is there. @returns its folder. */
export function ensureCheckpoint(work: string, name: string, shape: Shape): string {
  const folder = join(work, name);
  if (existsSync(join(folder, "model.safetensors"))) return folder;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, "config.json"), JSON.stringify(configOf(shape), null, 1));
  writeFileSync(join(draft, "tokenizer.json"), JSON.stringify(tokenizerOf(shape.vocab)));
  writeWeights(join(draft, "model.safetensors"), shape);
  // Renamed when it is whole: a half-written one is never taken for a checkpoint.
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  return folder;
}

function configOf({ layers, dModel, dMlp, heads, kvHeads, dHead, vocab }: Shape): object {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocab,
    hidden_size: dModel,
    intermediate_size: dMlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: dHead,
    hidden_act: "silu",
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-5,
    rope_theta: 500000,
    rope_scaling: {
      rope_type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
    tie_word_embeddings: true,
    bos_token_id: bosOf(vocab),
    eos_token_id: bosOf(vocab) + 1,
    torch_dtype: "bfloat16",
  };
}

/** LLaMA 3's BOS is token 128000, its EOS the next. */
function bosOf(vocab: number): number {
  return vocab - 256 > 256 ? vocab - 256 : vocab - 64;
}

function tokenizerOf(vocab: number): object {
  const bos = bosOf(vocab);
  const special = (id: number): string =>
    id === bos
      ? "<|begin_of_text|>"
      : id === bos + 1
        ? "<|end_of_text|>"
        : `<|reserved_special_token_${id - bos - 2}|>`;
  const bytes = byteAlphabet();
  const words = Array.from({ length: vocab }, (_, id) =>
    id < bytes.length ? (bytes[id] ?? "") : id < bos ? `<unused-${id - bytes.length}>` : special(id),
  );
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: words.slice(bos).map((content, i) => ({
      id: bos + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: [],
    },
  };
}

/** The 256 characters that stand for bytes in byte-level BPE, sorted. */
function byteAlphabet(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  const codes = Array.from({ length: 256 }, (_, byte) => (printable(byte) ? byte : next++));
  return codes.sort((a, b) => a - b).map((code) => String.fromCodePoint(code));
}

function tensorsOf({ layers, dModel, dMlp, heads, kvHeads, dHead, vocab }: Shape): TensorEntry[] {
  const entry = (name: string, ...shape: number[]): TensorEntry => ({
    name,
    dtype: "BF16",
    shape,
    length: shape.reduce((product, n) => product * n, 1),
  });
  const block = (layer: number): TensorEntry[] => {
    const at = (name: string): string => `codi.model.layers.${layer}.${name}.weight`;
    return [
      entry(at("input_layernorm"), dModel),
      entry(at("self_attn.q_proj"), heads * dHead, dModel),
      entry(at("self_attn.k_proj"), kvHeads * dHead, dModel),
      entry(at("self_attn.v_proj"), kvHeads * dHead, dModel),
      entry(at("self_attn.o_proj"), dModel, heads * dHead),
      entry(at("post_attention_layernorm"), dModel),
      entry(at("mlp.gate_proj"), dMlp, dModel),
      entry(at("mlp.up_proj"), dMlp, dModel),
      entry(at("mlp.down_proj"), dModel, dMlp),
    ];
  };
  return [
    entry("codi.model.embed_tokens.weight", vocab + 3, dModel),
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    entry("codi.model.norm.weight", dModel),
    entry("prj.1.weight", dModel, dModel),
    entry("prj.1.bias", dModel),
    entry("prj.3.weight", dModel, dModel),
    entry("prj.3.bias", dModel),
    entry("prj.ln.weight", dModel),
    entry("prj.ln.bias", dModel),
  ];
}

function writeWeights(path: string, shape: Shape): void {
  const entries = tensorsOf(shape);
  const { bytes, offsets } = safetensorsHeader(entries, { format: "pt" });
  const file = openSync(path, "w");
  try {
    writeSync(file, bytes, 0, bytes.length, 0);
    const draw = normalWords(0.02 * Math.sqrt(SHAPE_1B.dModel / shape.dModel));
    const chunk = new Uint16Array(2 ** 22);
    for (const { name, length } of entries) {
      const centre = /norm\.weight$|ln\.weight$/.test(name) ? 1 : 0;
      let at = offsets.get(name) ?? 0;
      for (let done = 0; done < length; done += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, length - done));
        draw(part, centre);
        at += writeSync(file, part, 0, part.byteLength, at);
      }
    }
  } finally {
    closeSync(file);
  }
}

const TABLE_BITS = 16;

// LLaMA starts from 0.02 at 2048; narrower models get as much variance a product, or their blocks would change nothing.
/** Fills an array with BF16 words: a generator's high bits choose from the quantiles of a normal distribution. */
function normalWords(deviation: number): (out: Uint16Array, centre: number) => void {
  const word = new Float32Array(1);
  const bits = new Uint32Array(word.buffer);
  const toBf16 = (value: number): number => {
    word[0] = value;
    return ((bits[0] ?? 0) + 0x8000) >>> 16;
  };
  const size = 2 ** TABLE_BITS;
  const tables = [0, 1].map((centre) =>
    Uint16Array.from({ length: size }, (_, i) => toBf16(centre + deviation * normalQuantile((i + 0.5) / size))),
  );
  let state = 0x9e3779b9;
  return (out, centre) => {
    const table = tables[centre] ?? new Uint16Array(size);
    let s = state;
    for (let i = 0; i < out.length; i++) {
      // xorshift32 (Marsaglia 2003): random enough for weights that nobody reads.
      s ^= s << 13;
      s ^= s >>> 17;
      s ^= s << 5;
      out[i] = table[s >>> (32 - TABLE_BITS)] ?? 0;
    }
    state = s;
  };
}

/** By bisection: Φ is increasing, and 60 halvings reach float64. */
function normalQuantile(p: number): number {
  let low = -9;
  let high = 9;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// Abramowitz and Stegun 26.2.17, error below 7.5e-8.
function normalBelow(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return x >= 0 ? 1 - tail : tail;
}

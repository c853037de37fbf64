/** A LLaMA out of a GGUF file, as a folder that transformers loads: config.json, tokenizer.json, model.safetensors in float32. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TensorToWrite, writeSafetensors } from "../../src/model/checkpoint/write-safetensors.js";
import type { Gguf, GgufTensor, GgufValue } from "./gguf.js";

const IN_BLOCK: Readonly<Record<string, string>> = {
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
  attn_norm: "input_layernorm",
  ffn_norm: "post_attention_layernorm",
};
const OUTSIDE: Readonly<Record<string, string>> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
};
// llama.cpp's number for tokens that stand for no text.
const CONTROL = 3;

/** Writes the folder. @throws RangeError for another architecture or tokenizer. */
export function writeLlama(gguf: Gguf, folder: string): void {
  const file = new Fields(gguf.fields);
  if (file.text("general.architecture") !== "llama") throw new RangeError("GGUF: another architecture than llama");
  const tensors = gguf.tensors.map((tensor) => converted(tensor, file));
  const isTied = !tensors.some(({ name }) => name === "lm_head.weight");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(file, isTied), null, 1));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(tokenizerOf(file)));
  writeFileSync(join(folder, "model.safetensors"), writeSafetensors(tensors, { format: "pt" }));
}

/** Settings by name. */
class Fields {
  constructor(readonly all: ReadonlyMap<string, GgufValue>) {}

  number(name: string): number {
    return Number(this.#of(name));
  }

  text(name: string): string {
    return String(this.#of(name));
  }

  list(name: string): readonly GgufValue[] {
    const value = this.#of(name);
    if (!Array.isArray(value)) throw new RangeError(`GGUF: ${name} is no list`);
    return value;
  }

  #of(name: string): GgufValue {
    const value = this.all.get(name);
    if (value === undefined) throw new RangeError(`GGUF: no ${name}`);
    return value;
  }
}

function converted({ name, shape, values }: GgufTensor, file: Fields): TensorToWrite {
  const [first = "", layer = "", kind = ""] = name.split(".");
  const heads = { attn_q: "llama.attention.head_count", attn_k: "llama.attention.head_count_kv" }[kind];
  const to = first === "blk" ? IN_BLOCK[kind] : OUTSIDE[first];
  if (to === undefined) throw new RangeError(`GGUF: a tensor ${name}, which is no LLaMA's`);
  const data = heads === undefined ? values() : unturned(values(), shape, file.number(heads));
  return { name: `${first === "blk" ? `model.layers.${layer}.` : ""}${to}.weight`, dtype: "F32", shape, data };
}

/** llama.cpp keeps the rows of q and k with the two halves of each head interleaved; transformers has one half after the other. */
function unturned(values: Float32Array, [rows = 0, width = 0]: readonly number[], heads: number): Float32Array {
  const half = rows / heads / 2;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / (2 * half));
    const [pair, which] = [Math.floor((row % (2 * half)) / 2), row % 2];
    out.set(values.subarray(row * width, (row + 1) * width), ((2 * head + which) * half + pair) * width);
  }
  return out;
}

function configOf(file: Fields, isTied: boolean): object {
  const size = (name: string): number => file.number(`llama.${name}`);
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: size("embedding_length"),
    intermediate_size: size("feed_forward_length"),
    num_hidden_layers: size("block_count"),
    num_attention_heads: size("attention.head_count"),
    num_key_value_heads: size("attention.head_count_kv"),
    head_dim: size("rope.dimension_count"),
    vocab_size: file.list("tokenizer.ggml.tokens").length,
    max_position_embeddings: size("context_length"),
    // A float32 in the file; the shortest text that gives it again is what was written there.
    rms_norm_eps: Number(size("attention.layer_norm_rms_epsilon").toPrecision(7)),
    rope_theta: size("rope.freq_base"),
    hidden_act: "silu",
    tie_word_embeddings: isTied,
    bos_token_id: file.number("tokenizer.ggml.bos_token_id"),
    eos_token_id: file.number("tokenizer.ggml.eos_token_id"),
    torch_dtype: "float32",
  };
}

/** Tokens, merges and special tokens as the file has them; the steps as HuggingFaceTB publishes SmolLM's: digits one by one, then ByteLevel. */
function tokenizerOf(file: Fields): object {
  if (file.text("tokenizer.ggml.pre") !== "smollm") throw new RangeError("GGUF: another tokenizer than SmolLM's");
  const tokens = file.list("tokenizer.ggml.tokens").map(String);
  const kinds = file.list("tokenizer.ggml.token_type");
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: "ByteLevel", trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: tokens.flatMap((content, id) => (Number(kinds[id]) === CONTROL ? [{ id, content, ...flags }] : [])),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Digits", individual_digits: true },
        { ...byteLevel, add_prefix_space: false },
      ],
    },
    post_processor: null,
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: file.list("tokenizer.ggml.merges").map((merge) => String(merge).split(" ")),
    },
  };
}

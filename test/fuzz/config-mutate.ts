/** The JSON files of the tiny checkpoints with one thing changed, from a seed. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readTree } from "./json-read.js";
import { ODD_NUMBERS, object, type Place, placesOf, raw, someSpelling, someTree, type Tree, text, treeOf, written } from "./json-tree.js"; // biome-ignore format: names
import { type Chooser, chooserOf } from "./random.js";

/** A file of a checkpoint that is changed. */
export interface Target {
  /** Folder under `test/fixtures/models`, or `tiny-codi`. */
  readonly model: string;
  readonly file: string;
  /** The base's folder, for an adapter. */
  readonly base: string | null;
}

/** A changed file. */
export interface ConfigCase {
  readonly target: Target;
  readonly bytes: Uint8Array;
}

const of = (model: string, file: string, base: string | null = null): Target => ({ model, file, base });

/** All targets, each as often as it is worth. */
export const TARGETS: readonly (readonly [weight: number, target: Target])[] = [
  [6, of("full-heads", "config.json")],
  [6, of("grouped-llama3", "config.json")],
  [4, of("single-kv-lora", "config.json")],
  [4, of("half", "config.json")],
  [3, of("full-heads", "codi.json")],
  [3, of("single-kv-lora", "codi.json")],
  [5, of("forms/adapter", "adapter_config.json", "forms/base")],
  [2, of("forms/sharded", "model.safetensors.index.json")],
  [2, of("forms/sharded-bin", "pytorch_model.bin.index.json")],
  [8, of("full-heads", "tokenizer.json")],
  [8, of("tiny-codi", "tokenizer.json")],
  [3, of("full-heads", "tokenizer_config.json")],
];

/** The fixtures have none; this is one as transformers writes it. */
const TOKENIZER_CONFIG = {
  add_bos_token: true,
  add_prefix_space: false,
  added_tokens_decoder: {
    0: { content: "<|bos|>", lstrip: false, normalized: false, rstrip: false, single_word: false, special: true },
    1: { content: "<|eos|>", lstrip: false, normalized: false, rstrip: false, single_word: false, special: true },
  },
  bos_token: "<|bos|>",
  clean_up_tokenization_spaces: true,
  eos_token: "<|eos|>",
  model_max_length: 256,
  pad_token: "<|pad|>",
  tokenizer_class: "PreTrainedTokenizerFast",
};

const folderOf = (model: string): string =>
  fileURLToPath(
    new URL(model === "tiny-codi" ? "../../weights/tiny-codi" : `../fixtures/models/${model}`, import.meta.url),
  );
const folders = new Map<string, Record<string, Uint8Array>>();

/** The files of a checkpoint, unchanged. */
export function filesOf(model: string): Record<string, Uint8Array> {
  let files = folders.get(model);
  if (files === undefined) {
    const folder = folderOf(model);
    const names = readdirSync(folder).filter((name) => /\.(?:json|safetensors|bin)$/.test(name));
    files = Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
    folders.set(model, files);
  }
  return files;
}

/** The unchanged file of a target. */
export function original({ model, file }: Target): Uint8Array {
  const bytes = filesOf(model)[file];
  return bytes ?? new TextEncoder().encode(JSON.stringify(TOKENIZER_CONFIG, null, 2));
}

const trees = new Map<Target, string>();

function treeOfTarget(target: Target): Tree {
  const known = trees.get(target) ?? new TextDecoder().decode(original(target));
  trees.set(target, known);
  return readTree(known.trim()) ?? treeOf(JSON.parse(known));
}

const ENUMS: Readonly<Record<string, readonly string[]>> = {
  hidden_act: ["silu", "swish", "gelu", "relu", "gelu_pytorch_tanh", "SiLU"],
  model_type: ["llama", "mistral", "qwen2", "gpt2", "Llama"],
  rope_type: ["default", "llama3", "linear", "dynamic", "yarn", "longrope", "proportional"],
  type: "BPE WordPiece Unigram WordLevel ByteLevel Metaspace Sequence Split Whitespace WhitespaceSplit Digits Punctuation Replace Prepend Strip Fuse ByteFallback NFC NFKC Lowercase BertNormalizer TemplateProcessing".split(" "), // biome-ignore format: a list
  behavior: ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous", "isolated"],
  torch_dtype: ["float32", "float16", "bfloat16", "float64", "int8"],
  peft_type: ["LORA", "IA3", "ADALORA", "lora", "LOHA"],
  bias: ["none", "all", "lora_only"],
  task_type: ["CAUSAL_LM", "SEQ_CLS", "FEATURE_EXTRACTION"],
  init_lora_weights: ["gaussian", "pissa", "olora", "eva", "loftq", "orthogonal"],
  target_modules: ["all-linear", ".*proj", "q_proj"],
  protocol: ["codi", "seed", "other"],
  architectures: ["LlamaModel", "MistralForCausalLM"],
};

const MORE: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
  "config.json": [
    ["attention_bias", true],
    ["mlp_bias", true],
    ["sliding_window", 4],
    ["layer_types", ["full_attention", "full_attention", "full_attention"]],
    ["rope_interleaved", true],
    ["partial_rotary_factor", 0.5],
    ["rope_theta", 5e5],
    ["rope_scaling", { rope_type: "linear", factor: 2 }],
    [
      "rope_scaling",
      { type: "llama3", factor: 2, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 16 },
    ],
    ["rope_parameters", { rope_type: "default", rope_theta: 777 }],
    ["head_dim", 8],
    ["attn_logit_softcapping", 2],
    ["logit_scale", 2],
    ["pretraining_tp", 2],
    ["tie_word_embeddings", true],
    ["quantization_config", { quant_method: "gptq", bits: 4 }],
    ["is_encoder_decoder", true],
    ["use_cache", false],
    ["attention_dropout", 0.5],
    ["torch_dtype", "float16"],
    ["dtype", "bfloat16"],
    ["unknown_key", 1],
    ["_attn_implementation", "sdpa"],
    ["chunk_size_feed_forward", 4],
    ["pruned_heads", { "0": [1] }],
    ["tie_encoder_decoder", true],
    ["output_attentions", true],
    ["return_dict", false],
    ["num_labels", 3],
    ["pad_token_id", 5],
    ["auto_map", { AutoModel: "x.Y" }],
    ["rms_norm_eps", 1e-3],
    ["is_decoder", false],
    ["use_bidirectional_attention", true],
    ["attention_multiplier", 2],
    ["bos_token_id", 5],
    ["eos_token_id", [1, 29]],
    ["vocab_size", 83],
    ["max_position_embeddings", 40],
    ["cross_attention_hidden_size", 3],
    ["head_dim", null],
    ["num_key_value_heads", null], // biome-ignore format: a list
  ],
  "codi.json": [
    ["num_latents", 3],
    ["lora_alpha", 8],
    ["remove_eos", false],
    ["protocol", "seed"],
    ["pad_token_id", 2],
    ["bot_token_id", 5],
    ["eot_token_id", 6],
    ["unknown_key", 1],
    ["lora_r", 8],
    ["prj_dim", 2], // biome-ignore format: a list
  ],
  "adapter_config.json": [
    ["use_dora", true],
    ["use_rslora", true],
    ["rank_pattern", { q_proj: 8 }],
    ["alpha_pattern", { q_proj: 8 }],
    ["lora_bias", true],
    ["fan_in_fan_out", true],
    ["layers_to_transform", [0, 1]],
    ["layers_to_transform", [0, 1, 2]],
    ["layers_to_transform", 1],
    ["layers_pattern", "layers"],
    ["modules_to_save", ["embed_tokens"]],
    ["modules_to_save", ["lm_head"]],
    ["exclude_modules", ["q_proj"]],
    ["exclude_modules", "up_proj"],
    ["layer_replication", [[0, 2]]],
    ["trainable_token_indices", [1]],
    ["target_parameters", ["x"]],
    ["megatron_config", {}],
    ["eva_config", {}],
    ["unknown_key", true],
    ["use_qalora", true],
    ["lora_dropout", 0.5],
    ["inference_mode", false],
    ["target_modules", ["q_proj", "v_proj"]],
    ["target_modules", ["up_proj", "q_proj", "v_proj", "gate_proj", "k_proj", "o_proj", "down_proj", "other"]],
    ["r", 8],
    ["lora_alpha", 3],
    ["bias", "all"],
    ["revision", "main"],
    ["runtime_config", { ephemeral_gpu_offload: true }],
    ["base_model_name_or_path", "other/model"],
    ["target_modules", "all-linear"],
    ["qalora_group_size", 4],
    ["ensure_weight_tying", true], // biome-ignore format: a list
  ],
  "tokenizer.json": [
    ["normalizer", { type: "Lowercase" }],
    ["normalizer", { type: "NFKC" }],
    ["normalizer", { type: "Prepend", prepend: "x" }],
    ["normalizer", { type: "Replace", pattern: { String: "p" }, content: "b" }],
    ["normalizer", { type: "Strip", strip_left: true, strip_right: true }],
    ["normalizer", { type: "StripAccents" }],
    ["pre_tokenizer", null],
    ["pre_tokenizer", { type: "Whitespace" }],
    ["pre_tokenizer", { type: "Metaspace", replacement: "_", prepend_scheme: "always", split: true }],
    ["pre_tokenizer", { type: "Digits", individual_digits: true }],
    ["truncation", { max_length: 3, strategy: "LongestFirst", stride: 0, direction: "Right" }],
    [
      "padding",
      {
        strategy: { Fixed: 40 },
        direction: "Right",
        pad_id: 2,
        pad_type_id: 0,
        pad_token: "<|pad|>",
        pad_to_multiple_of: null,
      },
    ],
    ["decoder", null],
    ["decoder", { type: "Fuse" }],
    ["decoder", { type: "WordPiece", prefix: "##", cleanup: true }],
    ["post_processor", null],
    ["unknown_key", 1],
    ["version", "2.0"],
    ["dropout", 0.5],
    ["unk_token", "a"],
    ["unk_token", "<unk>"],
    ["byte_fallback", true],
    ["ignore_merges", true],
    ["fuse_unk", true],
    ["continuing_subword_prefix", "##"],
    ["end_of_word_suffix", "</w>"],
    ["add_prefix_space", true],
    ["use_regex", false],
    ["trim_offsets", false],
    ["individual_digits", true],
    ["single_word", true],
    ["lstrip", true],
    ["rstrip", true],
    ["normalized", true],
    ["special", false],
    ["invert", true], // biome-ignore format: a list
  ],
  "tokenizer_config.json": [
    ["add_prefix_space", true],
    ["do_lower_case", true],
    ["do_lowercase_and_remove_accent", true],
    ["remove_space", true],
    ["split_special_tokens", true],
    ["additional_special_tokens", ["pens"]],
    ["additional_special_tokens", ["<|bos|>"]],
    ["extra_special_tokens", ["Tom"]],
    ["add_eos_token", true],
    ["legacy", false],
    ["tokenizer_class", "LlamaTokenizerFast"],
    ["tokenizer_class", "LlamaTokenizer"],
    ["tokenizer_class", "GPT2Tokenizer"],
    ["padding_side", "left"],
    ["truncation_side", "left"],
    ["model_max_length", 5],
    ["unk_token", "a"],
    ["sep_token", "pens"],
    ["chat_template", "{{ x }}"],
    ["unknown_key", 1],
    ["clean_up_tokenization_spaces", false],
    ["bos_token", "Tom"],
    ["use_fast", false],
    ["strip_accents", true], // biome-ignore format: a list
  ],
};

const UNIT = ["lstrip", "rstrip", "single_word", "normalized", "special"];

type Change = (tree: Tree & { kind: "object" }, random: Chooser, file: string) => void;
type Entries = [string, Tree][];

const CHANGES: readonly (readonly [number, Change])[] = [
  [5, (tree, random) => inObject(tree, random, (entries) => void entries.splice(random.int(entries.length), 1))],
  [3, (tree, random) => somewhere(tree, random, () => raw("null"))],
  [4, (tree, random) => somewhere(tree, random, (value) => otherType(value, random))],
  [3, (tree, random) => somewhere(tree, random, () => someTree(random))],
  [6, (tree, random) => number(tree, random, (n) => String(n + random.pick([-1, 1, -1e-6, 0.5])))],
  [5, (tree, random) => number(tree, random, (n) => String(n * random.pick([2, 0.5, 10, 100, 1000, -1, 0])))],
  [3, (tree, random) => number(tree, random, () => random.pick(ODD_NUMBERS))],
  [4, (tree, random) => boolean(tree, random)],
  [5, (tree, random) => otherWord(tree, random)],
  [3, (tree, random) => twice(tree, random)],
  [8, (tree, random, file) => added(tree, random, MORE[file] ?? INDEX)],
  [2, (tree, random) => renamed(tree, random)],
  [3, (tree, random) => swapped(tree, random)],
  [1, (tree, random) => inObject(tree, random, (entries) => shuffle(entries, random))],
  [1.5, (tree, random) => inList(tree, random, (items) => void items.splice(random.int(items.length), 1))],
  [1.5, (tree, random) => inList(tree, random, (items) => void items.splice(random.int(items.length), 0, random.pick(items)))], // biome-ignore format: one change
  [1, (tree, random) => inList(tree, random, (items) => shuffle(items, random))],
];

const INDEX: readonly (readonly [string, unknown])[] = [
  ["metadata", { total_size: 5 }],
  ["unknown_key", 1],
  ["prj.7.weight", "model-00001-of-00003.safetensors"],
  ["model.norm.weight", "../model.safetensors"],
  ["total_parameters", 3],
];

/** Places, long vocabularies met as rarely as one of their neighbours. */
function places(tree: Tree, random: Chooser): Place[] {
  const all = placesOf(tree);
  const few = all.filter(({ path }) => !(path.length > 2 && (path[1] === "vocab" || path[1] === "merges")));
  return few.length < all.length && random.chance(0.85) ? few : all;
}

function somewhere(
  tree: Tree,
  random: Chooser,
  change: (value: Tree) => Tree,
  fits = (_: Place): boolean => true,
): void {
  const all = places(tree, random).filter(fits);
  if (all.length === 0) return;
  const place = random.pick(all);
  place.set(change(place.value));
}

const isNumber = ({ value }: Place): boolean => value.kind === "raw" && /^-?\d/.test(value.text);
const isBoolean = ({ value }: Place): boolean => value.kind === "raw" && /^(?:true|false)$/.test(value.text);

function number(tree: Tree, random: Chooser, change: (n: number) => string): void {
  somewhere(tree, random, (value) => raw(change(value.kind === "raw" ? Number(value.text) : 0)), isNumber);
}

function boolean(tree: Tree, random: Chooser): void {
  somewhere(tree, random, (value) => raw(value.kind === "raw" && value.text === "true" ? "false" : "true"), isBoolean);
}

function otherType(value: Tree, random: Chooser): Tree {
  if (value.kind === "raw") return random.pick([text(value.text), { kind: "list", items: [value] }, raw(value.text === "true" ? 1 : "true")]); // biome-ignore format: one choice
  if (value.kind === "text")
    return random.pick<Tree>([raw(0), { kind: "list", items: [value] }, object(["a", value]), raw("true")]);
  return random.pick<Tree>([text(""), raw(1), raw("false"), { kind: "list", items: [value] }, object()]);
}

function otherWord(tree: Tree, random: Chooser): void {
  const fits = ({ path, value }: Place): boolean => value.kind === "text" && Object.hasOwn(ENUMS, String(path.at(-1)));
  const all = places(tree, random).filter(fits);
  if (all.length === 0) return;
  const place = random.pick(all);
  place.set(text(random.pick(ENUMS[String(place.path.at(-1))] ?? [""])));
}

function inObject(tree: Tree & { kind: "object" }, random: Chooser, change: (entries: Entries) => void): void {
  const all = [tree, ...places(tree, random).map(({ value }) => value)];
  const filled = all.flatMap((value) => (value.kind === "object" && value.entries.length > 0 ? [value.entries] : []));
  if (filled.length > 0) change(random.chance(0.4) ? tree.entries : random.pick(filled));
}

function inList(tree: Tree, random: Chooser, change: (items: Tree[]) => void): void {
  const filled = places(tree, random).flatMap(({ value }) =>
    value.kind === "list" && value.items.length > 0 ? [value.items] : [],
  );
  if (filled.length > 0) change(random.pick(filled));
}

function twice(tree: Tree & { kind: "object" }, random: Chooser): void {
  inObject(tree, random, (entries) => {
    if (entries.length === 0) return;
    const [key, value] = random.pick(entries);
    const other = random.chance(0.5) ? value : otherType(value, random);
    entries.splice(random.int(entries.length + 1), 0, [key, other]);
  });
}

function added(tree: Tree & { kind: "object" }, random: Chooser, more: readonly (readonly [string, unknown])[]): void {
  const [key, value] = random.pick(more);
  const owners = placesOf(tree).flatMap(({ value: each, path }) =>
    each.kind === "object" && path.length < 4 && path[1] !== "vocab" ? [each.entries] : [],
  );
  // A key that stands somewhere is changed there; another is put at the top, or anywhere.
  const holders = [tree.entries, ...owners].filter((entries) => entries.some(([own]) => own === key));
  const entries = holders.length > 0 ? random.pick(holders) : random.chance(UNIT.includes(key) ? 0 : 0.8) || owners.length === 0 ? tree.entries : random.pick(owners); // biome-ignore format: one choice
  const at = entries.findIndex(([own]) => own === key);
  if (at >= 0) entries[at] = [key, treeOf(value)];
  else entries.push([key, treeOf(value)]);
}

function renamed(tree: Tree & { kind: "object" }, random: Chooser): void {
  inObject(tree, random, (entries) => {
    const entry = entries[random.int(Math.max(1, entries.length))];
    if (entry !== undefined)
      entry[0] = random.pick([`${entry[0]}_`, entry[0].toUpperCase(), "__proto__", "constructor", "", `_${entry[0]}`]);
  });
}

function swapped(tree: Tree & { kind: "object" }, random: Chooser): void {
  inObject(tree, random, (entries) => {
    if (entries.length === 0) return;
    const [a, b] = [random.pick(entries), random.pick(entries)];
    [a[1], b[1]] = [b[1], a[1]];
  });
}

function shuffle<T>(items: T[], random: Chooser): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}

/** Case `index` of a seed. */
export function configCase(seed: number, index: number): ConfigCase {
  const random = chooserOf(seed, index);
  const target = random.weighted(TARGETS);
  const tree = treeOfTarget(target) as Tree & { kind: "object" };
  const changes = random.weighted([
    [1, 0],
    [12, 1],
    [2, 2],
  ]);
  for (let i = 0; i < changes; i++) random.weighted(CHANGES)(tree, random, target.file);
  const json = written(tree, changes === 0 || random.chance(0.05) ? someSpelling(random) : undefined);
  const start = random.weighted([
    [60, ""],
    [1, "\ufeff"],
    [1, "\n"],
  ]);
  const end = random.weighted([
    [60, ""],
    [1, "\n"],
    [1, "}"],
    [0.5, "\u0000"],
  ]);
  return { target, bytes: new TextEncoder().encode(start + json + end) };
}

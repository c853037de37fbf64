/**
 * Which keys of `config.json` may stand there although nothing is computed from them: those that transformers' decoders pass over in a forward
 * in evaluation, known by what they are about. Others are refused, all at once: another program may compute something by them.
 */

import { BadInputError, shortened } from "../../base/errors.js";

/** Keys of every configuration of transformers, and a few that tools write. */
const HARMLESS: ReadonlySet<string> = new Set(
  "add_cross_attention architectures chunk_size_feed_forward cross_attention_hidden_size dtype finetuning_task id2label is_decoder is_encoder_decoder is_llama_config label2id license name_or_path num_labels output_attentions output_hidden_states prefix problem_type return_dict task_specific_params tf_legacy_loss tie_encoder_decoder torch_dtype torchscript use_bfloat16 use_cache".split(" "), // biome-ignore format: a list
);

/** What transformers' generation goes by: which token is taken, and when it ends. Here the protocol says both. */
const GENERATION: ReadonlySet<string> = new Set(
  "bad_words_ids begin_suppress_tokens cache_implementation diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size exponential_decay_length_penalty forced_bos_token_id forced_eos_token_id length_penalty max_length max_new_tokens min_length min_new_tokens min_p no_repeat_ngram_size num_beam_groups num_beams num_return_sequences output_logits output_scores penalty_alpha remove_invalid_values renormalize_logits repetition_penalty return_dict_in_generate suppress_tokens temperature top_k top_p typical_p".split(" "), // biome-ignore format: a list
);

/** What else is known by its name: private fields, versions, training, loading, and which tokens and tokenizer there are. */
const ABOUT: readonly RegExp[] = [
  /^_/,
  /_version$/,
  /^(?:unsloth|wandb|trl|peft|lora)_/,
  /(?:^|_)(?:dropout|droppath|drop_path|pdrop)(?:_(?:prob|rate))?$/,
  /^(?:initializer|init)_/,
  /^(?:gradient_checkpointing|use_gradient_checkpointing)(?:_|$)/,
  /(?:^|_)(?:loss|label_smoothing|ignore_index)$/,
  /_token_(?:id|index)$/,
  /^tokenizer_/,
  /^(?:model_max_length|max_seq_length|max_seq_len|seq_length|max_sequence_length|padding_side|truncation_side)$/,
  /_name_or_path$/,
  /^(?:device_map|max_memory|low_cpu_mem_usage|attn_implementation)$/,
  // ModalityDance's classes: ids of latents' tokens, and whether there is a projection, which the weights show.
  /^(?:latent(?:_start|_end)?_id|target_id|projector(?:_hidden_size)?)$/,
];

/** Keys that change numbers: allowed at the values that mean "not used". */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  attention_bias: [false, null],
  attention_chunk_size: [null],
  attention_multiplier: [null],
  attn_logit_softcapping: [null],
  auto_map: [null],
  embedding_multiplier: [null, 1],
  final_logit_softcapping: [null],
  // Null is taken for false there: every token would see the later ones.
  is_causal: [true],
  layer_types: [null],
  logit_scale: [null, 1],
  logits_scaling: [null, 1],
  mlp_bias: [false, null],
  partial_rotary_factor: [null, 1],
  per_layer_config: [null],
  pretraining_tp: [1, null],
  pruned_heads: [null],
  quantization_config: [null],
  residual_multiplier: [null, 1],
  rope_interleaved: [false, null],
  sliding_window: [null],
  use_bidirectional_attention: [false, null],
  use_sliding_window: [false, null],
};

/**
 * @param known keys that are read.
 * @throws BadInputError naming every other key that could change a number.
 */
export function checkKeys(config: Readonly<Record<string, unknown>>, known: readonly string[], where: string): void {
  const refused = Object.entries(config).filter(
    ([key, value]) => !known.includes(key) && !isUnused(key, value, config["num_hidden_layers"]),
  );
  const [first] = refused;
  if (first === undefined) return;
  const named = refused.map(([key, value]) => `${key} is ${shortened(JSON.stringify(value), 60)}${wantedOf(key)}`);
  const unknown = refused.some(([key]) => !Object.hasOwn(NEUTRAL, key));
  throw new BadInputError(
    `${where}: ${named.join("; ")}${unknown ? ". What is not known to this version could change the numbers" : ""}`,
    unknown
      ? `remove ${refused.length === 1 ? "the key if it changes" : "those keys that change"} nothing in the program that trained the model`
      : "this version does not compute this: convert the model to a plain LLaMA first, where that can be done",
  );
}

function wantedOf(key: string): string {
  const neutral = Object.hasOwn(NEUTRAL, key) ? NEUTRAL[key] : undefined;
  return neutral === undefined ? "" : `, wanted ${JSON.stringify(neutral[0])}`;
}

function isUnused(key: string, value: unknown, layers: unknown): boolean {
  if (key === "layer_types" && isFullAttention(value, layers)) return true;
  if (key === "pruned_heads" && isEmpty(value)) return true;
  if (Object.hasOwn(NEUTRAL, key)) return NEUTRAL[key]?.includes(value) === true;
  // Nothing, or a switch that is off.
  if (value === null || value === false) return true;
  return HARMLESS.has(key) || GENERATION.has(key) || ABOUT.some((pattern) => pattern.test(key));
}

function isFullAttention(types: unknown, layers: unknown): boolean {
  return Array.isArray(types) && types.length === layers && types.every((type) => type === "full_attention");
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

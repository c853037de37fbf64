/** `config.json` of a Hugging Face GPT-2. What is not understood is refused by name. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../../base/errors.js";
import type { FileConfig } from "../config.js";
import { checkKeys } from "../config-keys.js";

/** The numbers that define the network. */
export interface Gpt2Config extends FileConfig {
  readonly family: "gpt2";
  readonly layerNormEps: number;
  /** The file names one, and it is EOS: no prompt begins with it. */
  readonly bosTokenId: null;
}

const size = z
  .int()
  .min(1)
  .max(2 ** 22);
const schema = z.looseObject({
  model_type: z.literal("gpt2"),
  vocab_size: size,
  n_embd: size,
  n_layer: z.int().min(1).max(1024),
  n_head: z.int().min(1).max(4096),
  n_positions: size.default(1024),
  n_inner: size.nullish(),
  layer_norm_epsilon: z.number().positive().lt(1).default(1e-5),
  activation_function: z.string().default("gelu_new"),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  // It changes the order of roundings alone.
  reorder_and_upcast_attn: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
  eos_token_id: z.union([z.int().nonnegative(), z.array(z.int().nonnegative()).min(1)]).nullish(),
});

/** What this version computes, and what transformers would compute by other values. */
const COMPUTED = {
  activation_function: "gelu_new",
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  add_cross_attention: false,
} as const;

/** Older names of the same numbers, which transformers reads too: they must agree. */
const ALIASES = {
  n_ctx: "n_positions",
  max_position_embeddings: "n_positions",
  hidden_size: "n_embd",
  num_attention_heads: "n_head",
  num_hidden_layers: "n_layer",
} as const;

/** Heads for other tasks, and what the first programs wrote that read GPT-2: the medium and the largest one are published so. */
const HARMLESS = /^(?:summary_\w+|n_special|predict_special_tokens|output_past)$/;

/** transformers' default. */
const END_OF_TEXT = 50_256;

/**
 * @param json parsed `config.json`.
 * @param where name of the file, for messages.
 * @throws BadInputError naming the field, its value and what is supported.
 */
export function parseGpt2Config(json: unknown, where: string): Gpt2Config {
  const checked = schema.safeParse(json);
  if (!checked.success)
    throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, hintOf(checked.error.issues[0]?.path[0]));
  const c = checked.data;
  for (const [key, wanted] of Object.entries(COMPUTED))
    if (c[key] !== wanted)
      throw new BadInputError(
        `${where}: ${key} is ${JSON.stringify(c[key])}, wanted ${JSON.stringify(wanted)}`,
        "this version computes GPT-2 as it was published, and no variant of it",
      );
  checkAliases(c, where);
  const others = Object.entries(c).filter(([key]) => !HARMLESS.test(key) && !Object.hasOwn(ALIASES, key));
  checkKeys(Object.fromEntries(others), Object.keys(schema.shape), where);
  const dHead = c.n_embd / c.n_head;
  if (!Number.isInteger(dHead))
    throw new BadInputError(
      `${where}: n_head ${c.n_head} does not divide n_embd ${c.n_embd}`,
      "take both from the config.json that the weights came with",
    );
  const eos = c.eos_token_id ?? (c.vocab_size > END_OF_TEXT ? END_OF_TEXT : []);
  return {
    family: "gpt2",
    vocabSize: c.vocab_size,
    dModel: c.n_embd,
    dMlp: c.n_inner ?? 4 * c.n_embd,
    layers: c.n_layer,
    heads: c.n_head,
    kvHeads: c.n_head,
    dHead,
    layerNormEps: c.layer_norm_epsilon,
    maxPositions: c.n_positions,
    tiedEmbeddings: c.tie_word_embeddings,
    bosTokenId: null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
  };
}

function checkAliases(c: z.infer<typeof schema>, where: string): void {
  for (const [alias, name] of Object.entries(ALIASES)) {
    const given = c[alias];
    if (given === undefined || given === null || given === c[name]) continue;
    throw new BadInputError(
      `${where}: ${alias} is ${JSON.stringify(given)}, but ${name} is ${c[name]}, wanted one value`,
      "keep the one that the model was trained with",
    );
  }
}

/** What to do about the first field that does not fit. */
function hintOf(field: PropertyKey | undefined): string {
  if (field === undefined) return "this is no config.json of a model: take the one that lies beside its weights";
  return `give the ${String(field)} that the model was trained with, as its published config.json has it`;
}

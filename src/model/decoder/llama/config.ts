/** `config.json` of a Hugging Face LLaMA, transformers 4 and 5. What is not understood is refused by name. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../../base/errors.js";
import { checkKeys } from "../config-keys.js";
import type { RotaryConfig } from "../config-rotary.js";
import { FAMILY_TITLES, type FamilyName } from "../family-names.js";

/** The numbers that define the network. */
export interface LlamaConfig extends RotaryConfig {
  readonly family: "llama";
  readonly bosTokenId: number;
}

const size = z
  .int()
  .min(1)
  .max(2 ** 22);
// Trained ones are 1e4 to 1e9; far beyond, readers differ in what fits a number.
const theta = z.number().positive().max(1e15);
// Strict: a rope key that is not known here (a partial rotary factor, a scale of attention) may turn other angles.
const ropeSchema = z.strictObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: theta.optional(),
  partial_rotary_factor: z.literal(1).optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().optional(),
});

const familySchema = z.looseObject({ model_type: z.string() });
const schema = z.looseObject({
  model_type: z.string(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: z.int().min(1).max(1024),
  num_attention_heads: z.int().min(1).max(4096),
  num_key_value_heads: z.int().min(1).max(4096).nullish(),
  head_dim: z.int().min(2).max(4096).nullish(),
  hidden_act: z.string().default("silu"),
  max_position_embeddings: size.default(2048),
  rms_norm_eps: z.number().positive().lt(1).default(1e-6),
  rope_theta: theta.nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: z.int().nonnegative().nullish(),
  eos_token_id: z.union([z.int().nonnegative(), z.array(z.int().nonnegative()).min(1)]).nullish(),
});

/**
 * @param json parsed `config.json`.
 * @param where name of the file, for messages.
 * @throws BadInputError naming the field, its value and what is supported.
 */
export function parseLlamaConfig(json: unknown, where: string): LlamaConfig {
  const { bosTokenId, ...numbers } = parseRotaryConfig(json, where, { family: "llama" });
  return { ...numbers, family: "llama", bosTokenId: bosTokenId ?? 1 };
}

/**
 * What LLaMA and the families that are made like it read alike.
 *
 * @returns with the BOS that the file names; null where it names none.
 */
export function parseRotaryConfig(
  json: unknown,
  where: string,
  { family }: { readonly family: FamilyName },
): Omit<RotaryConfig, "family"> {
  // First, because other families lack or rename the fields that are checked next.
  const typed = familySchema.safeParse(json);
  if (typed.success && typed.data.model_type !== family)
    throw new BadInputError(
      `${where}: model_type is "${typed.data.model_type}", wanted "${family}"`,
      `this is read as ${FAMILY_TITLES[family]} only`,
    );
  const checked = schema.safeParse(json);
  if (!checked.success)
    throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, hintOf(checked.error.issues[0]?.path[0]));
  const c = checked.data;
  if (c.hidden_act !== "silu")
    throw new BadInputError(
      `${where}: hidden_act is "${c.hidden_act}", wanted "silu"`,
      `this version reads ${FAMILY_TITLES[family]} with SwiGLU only`,
    );
  for (const key of ["bos_token_id", "eos_token_id"] as const)
    if (c[key] === null)
      throw new BadInputError(
        `${where}: ${key} is null, wanted a token id`,
        "give the id that the model was trained with; the tokenizer's files name it",
      );
  checkKeys(c, Object.keys(schema.shape), where);
  const heads = c.num_attention_heads;
  const kvHeads = c.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0)
    throw new BadInputError(
      `${where}: num_key_value_heads ${kvHeads} does not divide num_attention_heads ${heads}`,
      "take both from the config.json that the weights came with: k_proj has num_key_value_heads · head_dim rows",
    );
  const dHead = c.head_dim ?? c.hidden_size / heads;
  if (!Number.isInteger(dHead) || dHead % 2 !== 0)
    throw new BadInputError(
      `${where}: head_dim is ${dHead}, wanted an even whole number`,
      "correct hidden_size, num_attention_heads or head_dim",
    );
  const eos = c.eos_token_id ?? 2;
  return {
    vocabSize: c.vocab_size,
    dModel: c.hidden_size,
    dMlp: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads,
    kvHeads,
    dHead,
    rmsNormEps: c.rms_norm_eps,
    maxPositions: c.max_position_embeddings,
    ...ropeOf(c, where),
    tiedEmbeddings: c.tie_word_embeddings,
    bosTokenId: c.bos_token_id ?? null,
    eosTokenIds: Array.isArray(eos) ? eos : [eos],
  };
}

/** What to do about the first field that does not fit. */
function hintOf(field: PropertyKey | undefined): string {
  if (field === undefined) return "this is no config.json of a model: take the one that lies beside its weights";
  if (field === "rope_scaling" || field === "rope_parameters")
    return "rope types default and llama3 are computed, with their own fields and no others";
  return `give the ${String(field)} that the model was trained with, as its published config.json has it`;
}

function ropeOf(c: z.infer<typeof schema>, where: string): Pick<LlamaConfig, "ropeTheta" | "ropeScaling"> {
  const rope = onlyRope(c, where);
  const ropeTheta = onlyTheta(c, where);
  const type = rope?.rope_type ?? rope?.type ?? "default";
  if (rope === null || type === "default") return { ropeTheta, ropeScaling: null };
  if (type !== "llama3")
    throw new BadInputError(
      `${where}: rope type is "${type}", wanted "default" or "llama3"`,
      "this version knows these two",
    );
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = rope;
  if (factor === undefined || low === undefined || high === undefined || original === undefined || low >= high) {
    throw new BadInputError(
      `${where}: llama3 rope scaling needs factor, low_freq_factor < high_freq_factor and original_max_position_embeddings`,
      "copy rope_scaling (transformers 5: rope_parameters) from the config.json that the weights came with",
    );
  }
  return {
    ropeTheta,
    ropeScaling: { factor, lowFreqFactor: low, highFreqFactor: high, originalMaxPositions: original },
  };
}

/**
 * transformers 5 lets `rope_scaling` win over `rope_parameters`, older versions know only the first: where both speak they must agree.
 */
function onlyRope(c: z.infer<typeof schema>, where: string): z.infer<typeof ropeSchema> | null {
  const given = [c.rope_scaling, c.rope_parameters].filter((rope) => rope != null && Object.keys(rope).length > 0);
  const [rope = null, other = null] = given as z.infer<typeof ropeSchema>[];
  if (rope !== null && other !== null && meaningOf(rope) !== meaningOf(other))
    throw new BadInputError(
      `${where}: rope_scaling and rope_parameters say different things, wanted one of them`,
      "remove the one that the model was not trained with",
    );
  return rope;
}

/** What a rope object says of the angles, except for `rope_theta`. */
function meaningOf({
  rope_type: type,
  type: old,
  rope_theta: _,
  partial_rotary_factor: __,
  ...numbers
}: z.infer<typeof ropeSchema>): string {
  const kind = type ?? old ?? "default";
  return kind === "default"
    ? kind
    : JSON.stringify([kind, ...Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Versions of transformers differ in the order of the three places where the base may stand: all that speak must agree. */
function onlyTheta(c: z.infer<typeof schema>, where: string): number {
  const given = [c.rope_theta, c.rope_scaling?.rope_theta, c.rope_parameters?.rope_theta].filter(
    (theta) => theta != null,
  );
  if (given.length === 0 && c.rope_theta === null)
    throw new BadInputError(
      `${where}: rope_theta is null, wanted a number`,
      "give the base, or remove the key for 10000",
    );
  const [theta = 10_000] = given;
  const other = given.find((each) => each !== theta);
  if (other !== undefined)
    throw new BadInputError(
      `${where}: rope_theta is ${theta} in one place and ${other} in another, wanted one value`,
      "keep the one that the model was trained with",
    );
  return theta;
}

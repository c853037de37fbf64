/** `adapter_config.json` of a PEFT LoRA adapter. What this version does not merge exactly is refused by name. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { type AdapterModules, adapterModules, UnclearPattern } from "./adapter-modules.js";
import { quoted } from "./quoted.js";

/** What of an adapter's configuration changes numbers. */
export type AdapterConfig = AdapterModules;

const names = z.union([z.array(z.string()), z.string()]).nullish();
const schema = z.looseObject({
  peft_type: z.string(),
  r: z.int().min(1).max(65_536),
  lora_alpha: z.number().positive(),
  target_modules: z.union([z.array(z.string()).min(1), z.string().min(1)]),
  exclude_modules: names,
  use_rslora: z.boolean().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  layers_to_transform: z.union([z.array(z.int().nonnegative()), z.int().nonnegative()]).nullish(),
  layers_pattern: names,
  rank_pattern: z.record(z.string(), z.int().min(1).max(65_536)).nullish(),
  alpha_pattern: z.record(z.string(), z.number().positive()).nullish(),
  modules_to_save: z.array(z.string()).nullish(),
  ensure_weight_tying: z.boolean().nullish(),
});

/**
 * Keys that change nothing once the adapter is trained. Each is changed in `test/fixtures/make/adapters.py`, and PEFT computes the
 * same: LLaMA has no biases, its matrices are not turned, and what a way to initialise needs is of no use where it is not the one.
 */
export const IGNORED_ADAPTER_KEYS: ReadonlySet<string> = new Set([
  "auto_mapping",
  "base_model_name_or_path",
  "bias",
  "corda_config",
  "eva_config",
  "fan_in_fan_out",
  "inference_mode",
  "loftq_config",
  "lora_dropout",
  "lora_ga_config",
  "megatron_core",
  "peft_version",
  "qalora_group_size",
  "revision",
  "runtime_config",
  "save_embedding_layers",
  "task_type",
]);

/** These ways to initialise leave the base as it is; PiSSA, OLoRA, CorDA and LoftQ change it. */
export const PLAIN_INITS: readonly unknown[] = [true, false, "gaussian", "eva", "orthogonal", null, undefined];

const MERGE = "merge the adapter with PEFT (merge_and_unload) and save the result";
/** What no merging turns into weights of a LLaMA. */
const NO_WEIGHTS = new Set(["alora_invocation_tokens", "arrow_config", "lora_bias", "layer_replication"]);
const NO_MATRICES = /PROMPT|PREFIX|P_TUNING|ADAPTION/;

/** @throws BadInputError naming the field, its value and what is supported. */
export function parseAdapterConfig(json: unknown, where: string): AdapterConfig {
  const checked = schema.safeParse(json);
  if (!checked.success)
    throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, "write what the adapter was trained with there");
  const c = checked.data;
  const refuse = (
    field: string,
    value: unknown,
    { wanted, hint = MERGE }: { readonly wanted: string; readonly hint?: string },
  ): BadInputError => new BadInputError(`${where}: ${field} is ${quoted(value)}, wanted ${wanted}`, hint);
  if (c.peft_type !== "LORA")
    throw refuse("peft_type", c.peft_type, {
      wanted: '"LORA"',
      hint: NO_MATRICES.test(c.peft_type)
        ? "this kind of adapter is no change of weights, which alone can be merged"
        : MERGE,
    });
  if (!PLAIN_INITS.includes(c.init_lora_weights))
    throw refuse("init_lora_weights", c.init_lora_weights, {
      wanted: "one that leaves the base's weights as they are",
    });
  // As PEFT itself, which loads no such adapter.
  if (typeof c.target_modules === "string" && (c.layers_to_transform ?? null) !== null)
    throw refuse("layers_to_transform", c.layers_to_transform, {
      wanted: "none beside a target_modules that is a text",
      hint: REMOVE,
    });
  if ((c.layers_pattern ?? []).length > 0 && (c.layers_to_transform ?? null) === null)
    throw refuse("layers_pattern", c.layers_pattern, { wanted: "none without layers_to_transform", hint: REMOVE });
  const unknown = Object.entries(c).filter(
    ([key, value]) => !Object.hasOwn(schema.shape, key) && !IGNORED_ADAPTER_KEYS.has(key) && !isUnused(value),
  );
  const [first] = unknown;
  if (first !== undefined)
    throw new BadInputError(
      `${where}: ${unknown.map(([key, value]) => `${key} is ${quoted(value)}`).join(", ")}; wanted unset: this version does not know what it does to the weights`,
      unknown.some(([key]) => NO_WEIGHTS.has(key)) ? "this version cannot run such an adapter" : MERGE,
    );
  try {
    return adapterModules(c);
  } catch (error) {
    if (!(error instanceof UnclearPattern)) throw error;
    throw refuse(error.field, error.pattern, {
      wanted: "names, or a regular expression with at most six repetitions that Python and JavaScript read alike",
      hint: `list the modules' names in ${error.field} instead`,
    });
  }
}

const REMOVE = "PEFT refuses this too: remove the one of the two that was not used in training";

function isUnused(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}

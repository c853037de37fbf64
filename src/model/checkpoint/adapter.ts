/** `adapter_config.json` of a PEFT LoRA adapter. What this version does not merge exactly is refused by name. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../errors.js";

/** What of an adapter's configuration changes numbers. */
export interface AdapterConfig {
  readonly rank: number;
  /** Factor of B · A: alpha / rank, or alpha / √rank with rsLoRA. */
  readonly scale: number;
  /** Names of the modules that have a pair, such as `q_proj`; null: all linear ones. */
  readonly targets: readonly string[] | null;
  /** Layers that have pairs; null: all. */
  readonly layers: readonly number[] | null;
  /** Modules that the adapter replaces as a whole: all whose path ends so. */
  readonly saved: readonly string[];
}

const schema = z.looseObject({
  peft_type: z.string(),
  r: z.int().min(1).max(65_536),
  lora_alpha: z.number().positive(),
  target_modules: z.union([z.array(z.string()).min(1), z.string()]),
  use_rslora: z.boolean().nullish(),
  bias: z.string().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  layers_to_transform: z.union([z.array(z.int().nonnegative()), z.int().nonnegative()]).nullish(),
  base_model_name_or_path: z.string().nullish(),
  modules_to_save: z.array(z.string()).nullish(),
});

/** Keys that change nothing once the adapter is trained. */
const HARMLESS = new Set([
  "auto_mapping",
  "ensure_weight_tying",
  "inference_mode",
  "layers_pattern",
  "loftq_config",
  "lora_dropout",
  "megatron_core",
  "peft_version",
  "qalora_group_size",
  "revision",
  "runtime_config",
  "save_embedding_layers",
  "task_type",
]);

// These ways to initialise leave the base as it is; PiSSA, OLoRA, CorDA and LoftQ change it.
const PLAIN_INIT: readonly unknown[] = [true, false, "gaussian", "eva", "orthogonal", null, undefined];
const SAVABLE = new Set(["embed_tokens", "lm_head", "model.embed_tokens", "norm"]);

/** @throws BadInputError naming the field, its value and what is supported. */
export function parseAdapterConfig(json: unknown, where: string): AdapterConfig {
  const checked = schema.safeParse(json);
  if (!checked.success) throw new BadInputError(`${where}: ${firstIssue(checked.error)}`, "correct the file");
  const c = checked.data;
  const refuse = (field: string, value: unknown, wanted: string): BadInputError =>
    new BadInputError(
      `${where}: ${field} is ${JSON.stringify(value)}, wanted ${wanted}`,
      "merge the adapter with PEFT (merge_and_unload) and save the result",
    );
  if (c.peft_type !== "LORA") throw refuse("peft_type", c.peft_type, '"LORA"');
  if ((c.bias ?? "none") !== "none") throw refuse("bias", c.bias, '"none"');
  if (!PLAIN_INIT.includes(c.init_lora_weights))
    throw refuse("init_lora_weights", c.init_lora_weights, "one that leaves the base's weights as they are");
  if (typeof c.target_modules === "string" && c.target_modules !== "all-linear")
    throw refuse("target_modules", c.target_modules, 'a list of names or "all-linear"');
  const odd = c.modules_to_save?.find((name) => !SAVABLE.has(name));
  if (odd !== undefined) throw refuse("modules_to_save", c.modules_to_save, `none but ${[...SAVABLE].join(", ")}`);
  for (const [key, value] of Object.entries(c)) {
    if (Object.hasOwn(schema.shape, key) || HARMLESS.has(key) || isUnused(value)) continue;
    throw refuse(key, value, "it unset: this version does not know what it does to the weights");
  }
  const layers = c.layers_to_transform ?? null;
  return {
    rank: c.r,
    scale: c.lora_alpha / (c.use_rslora === true ? Math.sqrt(c.r) : c.r),
    targets: typeof c.target_modules === "string" ? null : c.target_modules,
    layers: layers === null || Array.isArray(layers) ? layers : [layers],
    saved: c.modules_to_save ?? [],
  };
}

function isUnused(value: unknown): boolean {
  if (value === null || value === false) return true;
  return typeof value === "object" && Object.keys(value as object).length === 0;
}

/** Does the configuration say that the adapter's file holds this weight itself? @param name canonical. */
export function isSaved({ saved }: AdapterConfig, name: string): boolean {
  const module = (name === "lm_head.weight" ? name : `model.${name}`).replace(/\.weight$/, "");
  return saved.some((end) => module.endsWith(end));
}

/** Does the configuration give this weight a pair? @param name canonical, `layers.3.self_attn.q_proj.weight`. */
export function isTarget({ targets, layers }: AdapterConfig, name: string): boolean {
  const match = /^layers\.(\d+)\.(.+)\.weight$/.exec(name);
  if (match === null) return false;
  const [, layer, module = ""] = match;
  if (layers !== null && !layers.includes(Number(layer))) return false;
  if (!module.endsWith("_proj")) return false;
  const full = `model.layers.${layer}.${module}`;
  return targets === null || targets.some((target) => full === target || full.endsWith(`.${target}`));
}

/** The families, and which of them a `config.json` belongs to. */

import { z } from "zod";
import { BadInputError } from "../../base/errors.js";
import type { Family } from "./family.js";
import { FAMILY_NAMES, FAMILY_TITLES, type FamilyName } from "./family-names.js";
import type { Gpt2Config } from "./gpt2/config.js";
import { GPT2 } from "./gpt2/family.js";
import type { LlamaConfig } from "./llama/config.js";
import { LLAMA } from "./llama/family.js";
import type { Qwen2Config } from "./qwen2/config.js";
import { QWEN2 } from "./qwen2/family.js";

/** The configuration of any family; `family` tells which. */
export type ModelConfig = LlamaConfig | Gpt2Config | Qwen2Config;

const FAMILIES: Readonly<Record<FamilyName, Family<ModelConfig>>> = { llama: LLAMA, gpt2: GPT2, qwen2: QWEN2 };

/** All of them. */
export const ALL_FAMILIES: readonly Family<ModelConfig>[] = FAMILY_NAMES.map((name) => FAMILIES[name]);

/** The family of a name. */
export function familyOf(name: FamilyName): Family<ModelConfig> {
  return FAMILIES[name];
}

const typeSchema = z.looseObject({ model_type: z.string() });

/**
 * @param json parsed `config.json`.
 * @param where name of the file, for messages.
 * @throws BadInputError naming the field, its value and what is supported.
 */
export function parseModelConfig(json: unknown, where: string): ModelConfig {
  const typed = typeSchema.safeParse(json);
  // What has no type is told so by the first family's own check.
  const type = typed.success ? typed.data.model_type : "llama";
  const name = FAMILY_NAMES.find((each) => each === type);
  if (name === undefined)
    throw new BadInputError(
      `${where}: model_type is "${type}", wanted ${FAMILY_NAMES.map((each) => `"${each}"`).join(" or ")}`,
      `this version reads ${FAMILY_NAMES.map((each) => FAMILY_TITLES[each]).join(", ")} only`,
    );
  return FAMILIES[name].parseConfig(json, where);
}

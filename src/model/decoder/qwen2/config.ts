/** `config.json` of a Hugging Face Qwen2. It says what LLaMA's does; windows that are switched off may stand there with their sizes. */

import type { RotaryConfig } from "../config-rotary.js";
import { parseRotaryConfig } from "../llama/config.js";

/** The numbers that define the network. */
export interface Qwen2Config extends RotaryConfig {
  readonly family: "qwen2";
  /** The file names one, and no prompt begins with it. */
  readonly bosTokenId: null;
}

// transformers' Qwen2Config has other numbers than LLaMA's where the file is silent.
const DEFAULTS = { max_position_embeddings: 32_768, num_key_value_heads: 32 } as const;
/** Sizes of a sliding window, which `use_sliding_window` switches on. */
const WINDOW: readonly string[] = ["sliding_window", "max_window_layers"];

/** @throws BadInputError naming the field, its value and what is supported. */
export function parseQwen2Config(json: unknown, where: string): Qwen2Config {
  const numbers = parseRotaryConfig(withDefaults(json), where, { family: "qwen2" });
  const { eos_token_id: eos = null } = json as { readonly eos_token_id?: unknown };
  return { ...numbers, family: "qwen2", bosTokenId: null, eosTokenIds: eos === null ? [] : numbers.eosTokenIds };
}

function withDefaults(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const { bos_token_id: _, eos_token_id: eos = null, ...fields } = json as Readonly<Record<string, unknown>>;
  const isOff = fields["use_sliding_window"] !== true;
  const read = Object.entries(fields).filter(([key]) => !(isOff && WINDOW.includes(key)));
  if (eos !== null) read.push(["eos_token_id", eos]);
  return { ...DEFAULTS, ...Object.fromEntries(read) };
}

/** The tokens that a question becomes. */

import { UsageError } from "../errors.js";
import type { LlamaConfig } from "../llama/config.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { CodiConfig } from "./config.js";

/** What the prompt depends on. */
export interface PromptParts {
  readonly tokenizer: Tokenizer;
  readonly codi: CodiConfig;
  readonly config: Pick<LlamaConfig, "eosTokenIds">;
  readonly protocol: "codi" | "seed";
}

/** BOS, question, EOS where the checkpoint wants it, and BOT under `codi`. @throws UsageError for a blank question. */
export function promptIdsOf({ tokenizer, codi, config, protocol }: PromptParts, question: string): number[] {
  if (question.trim() === "") throw new UsageError("The question is empty", "give some text");
  const ids = tokenizer.encodePrompt(question);
  if (protocol === "seed") return ids;
  return codi.removeEos ? [...ids, codi.botTokenId] : [...ids, config.eosTokenIds[0] ?? 0, codi.botTokenId];
}

/** The tokens that a question becomes. */

import { UsageError } from "../../base/errors.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { CodiConfig } from "./config.js";
import { protocolRules } from "./protocols/index.js";
import type { Protocol } from "./protocols/protocol.js";

/** What the prompt depends on. */
export interface PromptParts {
  readonly tokenizer: Tokenizer;
  readonly codi: CodiConfig;
  readonly eosTokenId: number;
  readonly protocol: Protocol;
}

/** BOS, the question as the protocol prepares it, EOS where the checkpoint wants it, and BOT under `codi`. @throws UsageError for a blank question. */
export function promptIdsOf({ tokenizer, codi, eosTokenId, protocol }: PromptParts, question: string): number[] {
  const rules = protocolRules(protocol);
  const prepared = rules.prepareQuestion(question);
  if (prepared.trim() === "") throw new UsageError("The question is empty", "give some text");
  const ids = tokenizer.encodePrompt(prepared);
  if (!rules.promptHasBot) return ids;
  return hasEos(codi, protocol) ? [...ids, eosTokenId, codi.botTokenId] : [...ids, codi.botTokenId];
}

/** EOT, and EOS after it where the checkpoint wants it. */
export function eotIdsOf({ codi, eosTokenId, protocol }: Omit<PromptParts, "tokenizer">): number[] {
  return hasEos(codi, protocol) ? [codi.eotTokenId, eosTokenId] : [codi.eotTokenId];
}

function hasEos({ removeEos }: CodiConfig, protocol: Protocol): boolean {
  return !removeEos && protocolRules(protocol).heedsRemoveEos;
}

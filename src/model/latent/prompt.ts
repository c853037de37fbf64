/** The tokens that a question becomes. */

import { UsageError } from "../../base/errors.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { CodiConfig } from "./config.js";
import { protocolOf } from "./protocols/index.js";
import type { AnyProtocol } from "./protocols/names.js";
import type { SpecialIds } from "./protocols/protocol.js";

/** What the prompt depends on. */
export interface PromptParts {
  readonly tokenizer: Tokenizer;
  readonly codi: CodiConfig;
  readonly eosTokenId: number;
  readonly protocol: AnyProtocol;
}

/** BOS where the model has one, the question as the protocol prepares it, and what the protocol puts after it. @throws UsageError for a blank question. */
export function promptIdsOf({ tokenizer, protocol, ...parts }: PromptParts, question: string): number[] {
  const { prepare, promptEnd } = protocolOf(protocol);
  const prepared = prepare(question);
  if (question.trim() === "" || prepared.trim() === "") throw new UsageError("The question is empty", "give some text");
  return [...tokenizer.encodePrompt(prepared), ...promptEnd(specialIdsOf(parts))];
}

/** What is fed after the latents; nothing where the prompt's last token stands in its place. */
export function eotIdsOf({ protocol, ...parts }: Omit<PromptParts, "tokenizer">): readonly number[] {
  return protocolOf(protocol).eot(specialIdsOf(parts));
}

/** How many tokens are fed between the latents and the answer; where there is no EOT, the prompt's last token stands in its place. */
export function eotTokensOf(parts: Omit<PromptParts, "tokenizer">): number {
  return Math.max(1, eotIdsOf(parts).length);
}

/** The special tokens of a checkpoint, as a protocol asks for them. */
export function specialIdsOf({ codi, eosTokenId }: Pick<PromptParts, "codi" | "eosTokenId">): SpecialIds {
  return { bot: codi.botTokenId, eot: codi.eotTokenId, eos: eosTokenId, removeEos: codi.removeEos };
}

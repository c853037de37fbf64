/** The tokenizer of a checkpoint, checked against its embedding and special ids. */

import type { Checkpoint } from "../checkpoint/load.js";
import { Tokenizer } from "../tokenizer/tokenizer.js";

/** What of a checkpoint a tokenizer is made from. */
export type TokenizerParts = Pick<Checkpoint, "config" | "codi" | "tokenizerJson" | "tokenizerConfig" | "vocabRows">;

/** @throws BadInputError when tokenizer and model disagree. */
export function tokenizerOf({ config, codi, tokenizerJson, tokenizerConfig, vocabRows }: TokenizerParts): Tokenizer {
  return Tokenizer.create(tokenizerJson, tokenizerConfig, {
    vocabRows,
    bosTokenId: config.bosTokenId,
    special: { pad: codi.padTokenId, bot: codi.botTokenId, eot: codi.eotTokenId },
  });
}

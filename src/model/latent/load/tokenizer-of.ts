/** The tokenizer of a checkpoint, checked against its embedding and special ids. */

import type { Checkpoint } from "../../checkpoint/load.js";
import { Tokenizer } from "../../tokenizer/tokenizer.js";

/** What of a checkpoint a tokenizer is made from. */
export type TokenizerParts = Pick<
  Checkpoint,
  "config" | "configJson" | "codi" | "tokenizerJson" | "tokenizerConfig" | "vocabRows"
>;

/** @param onNotice gets a line for everything odd about the files. @throws BadInputError when tokenizer and model disagree. */
export function tokenizerOf(
  { config, configJson, codi, tokenizerJson, tokenizerConfig, vocabRows }: TokenizerParts,
  onNotice?: (notice: string) => void,
): Tokenizer {
  const tokenizer = Tokenizer.create(tokenizerJson, tokenizerConfig, {
    vocabRows,
    bosTokenId: config.bosTokenId,
    special: codi.numLatents === 0 ? {} : { pad: codi.padTokenId, bot: codi.botTokenId, eot: codi.eotTokenId },
    modelClass: (configJson as { readonly tokenizer_class?: unknown }).tokenizer_class,
  });
  for (const notice of tokenizer.notices) onNotice?.(notice);
  return tokenizer;
}

/** The tokenizer of a run's checkpoint, made once: a large vocabulary takes a while. */

import { type TokenizerParts, tokenizerOf } from "../../model/latent/load/tokenizer-of.js";
import type { Tokenizer } from "../../model/tokenizer/tokenizer.js";

const made = new WeakMap<TokenizerParts, Tokenizer>();

/** The same one for the same checkpoint. @throws BadInputError when tokenizer and model disagree. */
export function runTokenizer(checkpoint: TokenizerParts): Tokenizer {
  const tokenizer = made.get(checkpoint) ?? tokenizerOf(checkpoint);
  made.set(checkpoint, tokenizer);
  return tokenizer;
}

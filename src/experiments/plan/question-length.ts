/** Whether a question fits into the model, before anything is computed. */

import type { TokenizerParts } from "../../model/latent/load/tokenizer-of.js";
import { runTokenizer } from "./run-tokenizer.js";

/**
 * A check for `loadProblems()`: why a question is too long for the model, or null.
 *
 * @param maxNewTokens room that is kept for the answer. @param latents most latents that are run.
 */
export function questionLengthCheck(
  checkpoint: TokenizerParts,
  maxNewTokens: number,
  latents: number = checkpoint.codi.numLatents,
): (question: string) => string | null {
  const { config, codi } = checkpoint;
  // BOT and EOT beside the latents, and EOS with each where the checkpoint wants it.
  const room = config.maxPositions - latents - (codi.removeEos ? 2 : 4) - maxNewTokens;
  return (question) => {
    // No token is shorter than a byte, so nearly every question is known to fit without being tokenised.
    if (Buffer.byteLength(question) < room) return null;
    const { length } = runTokenizer(checkpoint).encodePrompt(question);
    return length <= room ? null : `the question has ${length} tokens, the model has room for ${room}`;
  };
}

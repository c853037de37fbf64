/** Whether a question fits into the model, before anything is computed. */

import type { TokenizerParts } from "../../model/latent/load/tokenizer-of.js";
import { questionRoom, tooLong } from "../../model/latent/plan/question-room.js";
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
  const room = { config: checkpoint.config, codi: checkpoint.codi, latents, maxNewTokens };
  return (question) => {
    // No token is shorter than a byte, so nearly every question is known to fit without being tokenised.
    if (Buffer.byteLength(question) < questionRoom(room)) return null;
    const why = tooLong(runTokenizer(checkpoint).encodePrompt(question).length, room);
    return why === null ? null : `the question ${why}`;
  };
}

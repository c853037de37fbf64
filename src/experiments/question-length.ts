/** Whether a question fits into the model, before anything is computed. */

import type { Checkpoint } from "../model/checkpoint/load.js";
import { Tokenizer } from "../model/tokenizer/tokenizer.js";

/**
 * A check for `loadProblems()`: why a question is too long for the model, or null.
 *
 * @param maxNewTokens room that is kept for the answer.
 */
export function questionLengthCheck(
  checkpoint: Pick<Checkpoint, "config" | "codi" | "tokenizerJson" | "tokenizerConfig" | "vocabRows">,
  maxNewTokens: number,
): (question: string) => string | null {
  const { config, codi } = checkpoint;
  // BOT and EOT beside the latents.
  const room = config.maxPositions - codi.numLatents - 2 - maxNewTokens;
  let tokenizer: Tokenizer | undefined;
  return (question) => {
    // No token is shorter than a byte, so nearly every question is known to fit without being tokenised.
    if (Buffer.byteLength(question) < room) return null;
    tokenizer ??= Tokenizer.create(checkpoint.tokenizerJson, checkpoint.tokenizerConfig, {
      vocabRows: checkpoint.vocabRows,
      bosTokenId: config.bosTokenId,
      special: { pad: codi.padTokenId, bot: codi.botTokenId, eot: codi.eotTokenId },
    });
    const { length } = tokenizer.encodePrompt(question);
    return length <= room ? null : `the question has ${length} tokens, the model has room for ${room}`;
  };
}

/** Whether a question fits into the model, before anything is computed. */

import type { Checkpoint } from "../../model/checkpoint/load.js";
import type { TokenizerParts } from "../../model/latent/load/tokenizer-of.js";
import { promptRoom, tooLong } from "../../model/latent/plan/question-room.js";
import { eotIdsOf, promptIdsOf, specialIdsOf } from "../../model/latent/prompt.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { runTokenizer } from "./run-tokenizer.js";

// BOS, and whatever else a tokenizer's template may put around a text.
const AROUND = 8;

/**
 * A check for `loadProblems()`: why a question is too long for the model, or null.
 *
 * @param maxNewTokens room that is kept for the answer. @param latents most latents that are run.
 */
export function questionLengthCheck(
  checkpoint: TokenizerParts & Pick<Checkpoint, "eosTokenId">,
  maxNewTokens: number,
  latents: number = checkpoint.codi.numLatents,
): (question: string) => string | null {
  const { config, codi, eosTokenId } = checkpoint;
  const parts = { codi, eosTokenId, protocol: codi.protocol };
  const room = { config, latents, eotTokens: eotIdsOf(parts).length, maxNewTokens };
  const { prepare, promptEnd } = protocolOf(codi.protocol);
  const quick = promptRoom(room) - promptEnd(specialIdsOf(parts)).length - AROUND;
  return (question) => {
    // No token is shorter than a byte, so nearly every question is known to fit without being tokenised.
    if (Buffer.byteLength(prepare(question)) <= quick) return null;
    const why = tooLong(promptIdsOf({ ...parts, tokenizer: runTokenizer(checkpoint) }, question).length, room);
    return why === null ? null : `the question ${why}`;
  };
}

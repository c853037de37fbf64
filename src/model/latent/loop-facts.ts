/** What a program may ask of a loaded model's loop: what is fed back, and how long an answer may be. */

import { familyOf } from "../decoder/families.js";
import type { LatentModel } from "./latent-model.js";
import { promptRoom } from "./plan/question-room.js";
import { eotIdsOf } from "./prompt.js";
import { protocolOf } from "./protocols/index.js";
import type { Feedback } from "./protocols/loop.js";

/**
 * What a latent's input is: the state before it through the projection, the same state as it is (`identity`), one learned vector
 * (`constant`), or `none` where there are no latents.
 * @example
 * ```ts
 * feedbackOf(model); // → projection
 * ```
 */
export function feedbackOf({ protocol }: Pick<LatentModel, "protocol">): Feedback {
  return protocolOf(protocol).feedback;
}

/**
 * The most tokens that an answer can have by default: the protocol's limit, or for a question fewer where positions end before it.
 * @example
 * ```ts
 * answerLimit(model, question); // → 64
 * ```
 */
export function answerLimit(
  model: Pick<LatentModel, "config" | "codi" | "eosTokenId" | "protocol" | "promptIds">,
  question?: string,
): number {
  const { config, codi, eosTokenId, protocol } = model;
  const { maxNewTokens } = protocolOf(protocol);
  if (question === undefined || !familyOf(config.family).hasLearnedPositions) return maxNewTokens;
  const eotTokens = eotIdsOf({ codi, eosTokenId, protocol }).length;
  const room = promptRoom({ config, latents: codi.numLatents, eotTokens, maxNewTokens: 0 });
  // Where not even one has room, the run says so.
  return Math.max(1, Math.min(maxNewTokens, room - model.promptIds(question).length));
}

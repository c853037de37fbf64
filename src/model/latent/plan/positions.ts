/** Whether sequences fit a model whose positions end, before anything is computed. */

import { UsageError } from "../../../base/errors.js";
import { familyOf } from "../../decoder/families.js";
import { FAMILY_TITLES } from "../../decoder/family-names.js";
import type { LoopModel } from "../run/loop.js";
import { positionsBehind } from "./question-room.js";

/** How long sequences may become. */
export interface PlannedLengths {
  /** Tokens of each prompt. */
  readonly prompts: readonly number[];
  /** Default: the protocol's. */
  readonly maxNewTokens: number | undefined;
}

/**
 * Looks only at families that have a vector a position. Where positions turn queries and keys, a sequence fails when it gets too long.
 *
 * @throws UsageError for the first question that could need more positions than there are.
 */
export function checkPositions(
  { decoder, numLatents: latents, eotIds, protocol }: Pick<LoopModel, "decoder" | "numLatents" | "eotIds" | "protocol">,
  { prompts, maxNewTokens = protocol.maxNewTokens }: PlannedLengths,
): void {
  const { family, maxPositions } = decoder.config;
  if (!familyOf(family).hasLearnedPositions) return;
  const eotTokens = eotIds.length;
  const after = positionsBehind({ latents, eotTokens, maxNewTokens });
  for (const [question, prompt] of prompts.entries()) {
    if (prompt + after <= maxPositions) continue;
    const room = maxPositions - (prompt + latents + eotTokens) + 1;
    throw new UsageError(
      `Question ${question} could need ${prompt + after} positions (${prompt} of the prompt, ${latents} latents, ${eotTokens} after them, ${maxNewTokens} new tokens), this ${FAMILY_TITLES[family]} has ${maxPositions}`,
      room > 0 ? `lower --max-new-tokens to ${room} or less, or shorten the question` : "shorten the question",
    );
  }
}

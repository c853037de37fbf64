/** How many positions a sequence takes, and so how long a question may be: one rule for runs, sweeps and experiments. */

import type { DecoderConfig } from "../../decoder/config.js";

/** What stands behind a prompt. */
export interface BehindPrompt {
  readonly latents: number;
  /** Tokens that are fed between the latents and the answer; none where the prompt's last token stands in their place. */
  readonly eotTokens: number;
  readonly maxNewTokens: number;
}

/** A model, and what stands behind the prompt. */
export interface PromptRoom extends BehindPrompt {
  readonly config: Pick<DecoderConfig, "maxPositions">;
}

/** Positions behind a prompt, at most. The answer's last token is given, and not fed. */
export function positionsBehind({ latents, eotTokens, maxNewTokens }: BehindPrompt): number {
  return latents + eotTokens + maxNewTokens - 1;
}

/** @returns the most tokens of a prompt, with what the protocol puts after the question; below 1 where none has room. */
export function promptRoom({ config, ...behind }: PromptRoom): number {
  return config.maxPositions - positionsBehind(behind);
}

/** @returns why a prompt of so many tokens does not fit, after what it is called; null where it does. */
export function tooLong(length: number, room: PromptRoom): string | null {
  const most = promptRoom(room);
  if (length <= most) return null;
  const behind = `${room.latents} latents and ${room.maxNewTokens} new tokens`;
  return `has ${length} tokens, the model has room for ${Math.max(0, most)} beside ${behind}`;
}

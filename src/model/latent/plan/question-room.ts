/** How long a question may be, so that its latents and its answer have positions too. */

import type { DecoderConfig } from "../../decoder/config.js";
import type { CodiConfig } from "../config.js";

/** A model, and what stands behind the question. */
export interface QuestionRoom {
  readonly config: Pick<DecoderConfig, "maxPositions">;
  readonly codi: Pick<CodiConfig, "removeEos">;
  readonly latents: number;
  readonly maxNewTokens: number;
}

/** @returns the most tokens of a prompt's question; below 0 where what stands behind it is too long by itself. */
export function questionRoom({ config, codi, latents, maxNewTokens }: QuestionRoom): number {
  // BOT and EOT beside the latents, and EOS with each where the checkpoint wants it.
  return config.maxPositions - latents - (codi.removeEos ? 2 : 4) - maxNewTokens;
}

/** @returns why a question of so many tokens does not fit, after what it is called; null where it does. */
export function tooLong(length: number, room: QuestionRoom): string | null {
  const most = questionRoom(room);
  if (length <= most) return null;
  const behind = `${room.latents} latents and ${room.maxNewTokens} new tokens`;
  return `has ${length} tokens, the model has room for ${Math.max(0, most)} beside ${behind}`;
}

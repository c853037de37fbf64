/** What a model's positions are called: BOS where its questions begin with it, and the tokens around its latents. */

import type { Feedback } from "../../browser.js";

/** What of a model decides how its positions are called. */
export interface NamedModel {
  readonly feedback: Feedback;
  /** Do its questions begin with BOS? */
  readonly hasBos: boolean;
}

/** Names in words. */
export interface PositionNames {
  /** Of the first position; null where it is a token of the question like the others. */
  readonly first: string | null;
  /** Of the token before the latents. */
  readonly bot: string;
  /** Of the token after them, from which the answer begins. */
  readonly eot: string;
}

const AROUND: Readonly<Record<Feedback, Pick<PositionNames, "bot" | "eot">>> = {
  projection: { bot: "BOT", eot: "EOT" },
  identity: { bot: "start token", eot: "end token" },
  constant: { bot: "start token", eot: "end token" },
  none: { bot: "BOT", eot: "last token" },
};

/** The embedded model's, and those that are taken before a model is there. */
export const CODI_NAMES: PositionNames = { first: "BOS", ...AROUND.projection };

/** @param model of a run, or what edits are checked against. */
export function positionNames({ feedback, hasBos }: NamedModel): PositionNames {
  return { first: hasBos ? "BOS" : null, ...AROUND[feedback] };
}

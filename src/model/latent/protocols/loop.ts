/** What sets the loops of protocols apart before any step of them: plain data, which checkpoints are opened by. */

import type { AnyProtocol, ProtocolName } from "./names.js";

/**
 * What a latent's input is: the final-norm state of the position before through the projection, the same state as it is, or one learned
 * vector whatever came before. `none`: there are no latents.
 */
export const FEEDBACKS = ["projection", "identity", "constant", "none"] as const;
/** One of them. */
export type Feedback = (typeof FEEDBACKS)[number];

/** One loop. */
export interface Loop {
  readonly feedback: Feedback;
  /** The order of the three rows that training added to the embedding: pad, BOT, EOT; or start (BOT), end (EOT) and one that is never fed. */
  readonly rowsAdded: "pad first" | "start first";
}

/** Those of the package. */
export const LOOPS = {
  codi: { feedback: "projection", rowsAdded: "pad first" },
  seed: { feedback: "projection", rowsAdded: "pad first" },
  coconut: { feedback: "identity", rowsAdded: "start first" },
  pause: { feedback: "constant", rowsAdded: "start first" },
  "codi-pause": { feedback: "constant", rowsAdded: "pad first" },
  none: { feedback: "none", rowsAdded: "start first" },
} as const satisfies Readonly<Record<ProtocolName, Loop>>;

const byName = new Map<string, Loop>(Object.entries(LOOPS));

/** The loop of a protocol. @throws RangeError for a protocol that was not added. */
export function loopOf(name: AnyProtocol): Loop {
  const found = byName.get(name);
  if (found === undefined) throw new RangeError(`No protocol "${name}" was added`);
  return found;
}

/** Does a protocol have latents? */
export function hasLatents(name: AnyProtocol): boolean {
  return loopOf(name).feedback !== "none";
}

/** Was a model of such a loop trained with EOS beside BOT and EOT where `remove_eos` is false? Only CODI's has the setting. */
export function mayHaveEos({ rowsAdded, feedback }: Loop): boolean {
  return rowsAdded === "pad first" || feedback === "none";
}

/** Makes the loop of a protocol of one's own known. */
export function addLoop(name: AnyProtocol, loop: Loop): void {
  byName.set(name, loop);
}

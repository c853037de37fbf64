/** The model that Coconut's training begins with, which writes its steps out: it is saved under the same names as what comes of it. */

import type { Checkpoint } from "./load.js";

// checkpoint_3, checkpoint_best: what Coconut's trainer and its offspring call them.
const TRAINERS_NAME = /(?:^|[\\/])checkpoint_\w+$/;

/** What tells it. */
export type StageParts = Pick<Checkpoint, "plan" | "weightFiles" | "evidence">;

/** Is it a plain language model in a file that is named as Coconut's trainer names one? */
export function isStageZero({ plan, weightFiles, evidence }: StageParts): boolean {
  const hasLatents = evidence.projection || evidence.pause || evidence.coconutKeys || evidence.latentTokens !== null;
  return plan.layout === "plain" && !hasLatents && weightFiles.some((file) => TRAINERS_NAME.test(file));
}

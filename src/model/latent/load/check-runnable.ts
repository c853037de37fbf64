/** Whether a checkpoint can be run at all, before a weight is read and without an engine. */

import { BadInputError } from "../../../base/errors.js";
import type { Checkpoint } from "../../checkpoint/load.js";
import { isStageZero, type StageParts } from "../../checkpoint/stage-zero.js";
import { deniedBy } from "../protocols/decide.js";
import { hasLatents } from "../protocols/loop.js";

/** @throws BadInputError for a plain language model, which has no latents. */
export function checkRunnable({ name, codi, ...parts }: Pick<Checkpoint, "name" | "codi"> & StageParts): void {
  // Asked for by name or not: with rows of latents it would answer something.
  if (hasLatents(codi.protocol) && isStageZero(parts))
    throw new BadInputError(
      `${name} is the stage-0 chain-of-thought model of Coconut's training: none of its names begins with base_causallm., so it has no latents`,
      "give a checkpoint of a later stage, or run it without latents as the baseline: --protocol none",
    );
  if (deniedBy(codi.protocol, parts.evidence) === null) return;
  throw new BadInputError(
    `${name} has no projection (prj.1, prj.3), so it has no latents`,
    "give a checkpoint with latents, run it without any (protocol none), or load its parts with openCheckpoint",
  );
}

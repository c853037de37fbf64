/** Whether a checkpoint can be run at all, before a weight is read and without an engine. */

import { BadInputError } from "../../../base/errors.js";
import type { Checkpoint } from "../../checkpoint/load.js";
import { deniedBy } from "../protocols/decide.js";

/** @throws BadInputError for a plain language model, which has no latents. */
export function checkRunnable({ name, codi, evidence }: Pick<Checkpoint, "name" | "codi" | "evidence">): void {
  if (deniedBy(codi.protocol, evidence) !== null)
    throw new BadInputError(
      `${name} has no projection (prj.1, prj.3), so it has no latents`,
      "give a checkpoint with latents, run it without any (protocol none), or load its parts with openCheckpoint",
    );
}

/** The tuned lens at the end of a run: it needs all problems' states, and the model for what the head says. */

import type { AfterRunContext } from "../read-context.js";
import type { TunedLens } from "./tuned/tuned-file.js";
import { tunedLens } from "./tuned/tuned-lens.js";

/** Fits the tuned lens, and shows why there is none. @throws the signal's reason where it was aborted meanwhile. */
export async function makeTunedLens({ model, baselines, seed, notice, signal }: AfterRunContext): Promise<TunedLens> {
  const made = await tunedLens(model, baselines, { seed, signal });
  if (made.kind === "undefined") notice(`lens: no tuned lens: ${made.reason}`);
  return made;
}

/** Does it matter how a latent is taken away? The control of `token-ablation`: the same latents, by other operations than zero. */

import { KINDS, kindsAtLatents } from "../corruption/study.js";
import type { Study } from "../study.js";
import { story } from "./story.js";

/** Operations for `--ablation`. */
export const ABLATIONS = ["zero", "mean", "resample", "random"] as const;

/** What runs by default beside zero. */
export const CONTROL_ABLATIONS: readonly string[] = ["zero", "random"];

/** @returns what was asked for and zero, with the controls where these run. */
export function ablationsOf(asked: readonly string[], withControls: boolean): string[] {
  return [...new Set(["zero", ...(withControls ? CONTROL_ABLATIONS : []), ...asked])].sort();
}

/** The study. Factors: `kind`, and `latent` (a number, or `all`). Equal conditions of other studies are computed once. */
export const ablation: Study = {
  ...story,
  conditions: (context) => {
    const wanted = context.ablations ?? CONTROL_ABLATIONS;
    return kindsAtLatents(
      "ablation",
      KINDS.filter(([operation]) => wanted.includes(operation)),
      context,
    );
  },
};

/** How the number of latents is known, and what is odd about it. */

import type { CodiConfig } from "../latent/config.js";
import { hasLatents, loopOf } from "../latent/protocols/loop.js";
import type { WeightPlan } from "./planned-weights.js";

/** What is looked at. */
export interface LatentsParts {
  /** Name of the checkpoint. */
  readonly where: string;
  /** `num_latents` of `codi.json`. */
  readonly stated: number | undefined;
  readonly asked: number | undefined;
  readonly codi: CodiConfig;
  readonly plan: Pick<WeightPlan, "auxiliary">;
}

/** How it is known. */
export interface LatentsKnown {
  /** As the end of a sentence: `codi.json says so`. */
  readonly because: string;
  readonly notice: string | null;
}

/** SIM-CoT's model beside a Coconut (its own spelling), whose released checkpoint was trained with this many latents. */
const SIM_COT_COCONUT = { part: "expainable_llm.", latents: 10 };

/** @returns how `codi.numLatents` is known, and a line for a protocol of which no file of a checkpoint says it. */
export function latentsKnown({ where, stated, asked, codi, plan }: LatentsParts): LatentsKnown {
  const { numLatents, protocol } = codi;
  const { feedback } = loopOf(protocol);
  if (!hasLatents(protocol)) return { because: `protocol ${protocol} has none`, notice: null };
  const because = asked !== undefined ? ASKED : stated !== undefined ? "codi.json says so" : ASSUMED;
  const said = `${where}: ${numLatents} latents a question`;
  if (asked !== undefined && stated !== undefined && stated !== asked)
    return { because, notice: `${said}: ${because}, and codi.json says ${stated}` };
  // All published CODI models have the same number; of a Coconut the run's own settings have it, and they are in no file.
  if (feedback === "projection") return { because, notice: null };
  if (because !== ASSUMED) return { because, notice: `${said}: ${because}` };
  const { part, latents } = SIM_COT_COCONUT;
  const hint = plan.auxiliary.some((name) => name.startsWith(part))
    ? `; ${part}* is SIM-CoT's, whose released Coconut has ${latents}`
    : "";
  return { because, notice: `${said}: no file says how many it was trained with (--latents)${hint}` };
}

/** How a number is known that was asked for. */
export const ASKED = "it was asked for";
const ASSUMED = "no file says it: it is assumed";

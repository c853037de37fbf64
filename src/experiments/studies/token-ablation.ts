/** Which latent matters? Each one's block output is zeroed in turn, later latents recomputed (`codi`), or the original's way (`seed`). */

import type { CodiModel } from "../../model/codi/codi-model.js";
import type { CommonOptions, RunResult } from "../../model/codi/run-types.js";
import type { NamedValue } from "../../model/codi/writers.js";
import { at } from "../../model/hooks/address.js";
import { type Intervention, parseIntervention } from "../../model/hooks/interventions.js";
import { blockSite } from "../../model/hooks/names.js";
import type { StudyCondition } from "../study.js";

/** @returns baseline first, then `zero latent.k at layer L`. Under `seed` all other latents are pinned to what that study wrote over them. */
export function tokenAblationConditions(layer: number, latents: number, protocol: "codi" | "seed"): StudyCondition[] {
  const all = Array.from({ length: latents }, (_, k) => k);
  const ablations = all.map((latent): StudyCondition => {
    const interventions =
      protocol === "codi"
        ? [zeroed(layer, latent)]
        : all.map((k) => (k === latent ? zeroed(layer, k) : pinned(layer, k)));
    return {
      name: `zero latent.${latent} at layer ${layer}`,
      study: "token-ablation",
      latent,
      factors: {},
      interventions,
    };
  });
  return [{ name: "baseline", study: "baseline", latent: null, factors: {}, interventions: [] }, ...ablations];
}

function zeroed(layer: number, latent: number): Intervention {
  return parseIntervention(`zero:${blockSite(layer, "hook_resid_post")}@latent.${latent}`);
}

// The original recorded hidden_states[L], the input of layer index L, and wrote it over that layer's output: one layer off.
function pinned(layer: number, latent: number): Intervention {
  return parseIntervention(`replace(clean-input.${latent}):${blockSite(layer, "hook_resid_post")}@latent.${latent}`);
}

/** Runs all conditions for some problems. @returns `[question][condition]`. */
export async function runTokenAblation(
  model: CodiModel,
  questions: readonly string[],
  conditions: readonly StudyCondition[],
  options: CommonOptions & { readonly ablateLayer: number },
): Promise<RunResult[][]> {
  const { ablateLayer, ...common } = options;
  if (model.protocol === "codi") return model.runConditions(questions, conditions, common);
  const results: RunResult[][] = [];
  for (const [index, question] of questions.entries()) {
    const values = await cleanInputs(model, question, ablateLayer);
    const expected = common.expected?.slice(index, index + 1);
    results.push(
      ...(await model.runConditions([question], conditions, {
        ...common,
        values,
        ...(expected === undefined ? {} : { expected }),
      })),
    );
  }
  return results;
}

/** What that study recorded: the layer's input at each latent of the clean run, as `clean-input.k`. */
async function cleanInputs(model: CodiModel, question: string, layer: number): Promise<Record<string, NamedValue>> {
  const site = blockSite(layer, "hook_resid_pre");
  const [clean] = await model.runBatch([question], { capture: [site], maxNewTokens: 1 });
  if (clean === undefined) throw new RangeError("The clean run gave no result");
  const { data } = clean.captures.get(site);
  const width = model.config.dModel;
  const latents = clean.layout.indicesOf(at.latent());
  return Object.fromEntries(
    latents.map((place, k) => [
      `clean-input.${k}`,
      { shape: [width], data: data.slice(place * width, (place + 1) * width) },
    ]),
  );
}

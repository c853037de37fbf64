/** Which latent matters? Each one's block output is zeroed in turn; later latents are recomputed, or held as the original study did. */

import { range } from "../../base/range.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import { attentionDistance, attentionOf } from "../baseline/attention-rows.js";
import { layerKey } from "../baseline/record.js";
import { BASELINE } from "../baseline/study.js";
import { condition, type Study, type StudyCondition } from "../study.js";
import { story } from "./story.js";

/** The study; its records are those of the four main figures. */
export const tokenAblation: Study = {
  ...story,
  conditions: ({ layer, latents, protocol }) => tokenAblationConditions(layer, latents, protocol).slice(1),
  reads: ({ layers }) => ({ compared: { attentionLayers: layers } }),
  measure: ({ result, baseline, heads }) => ({
    fields: { attention: attentionOf(result, heads) },
    measures: {
      attentionL2: Object.fromEntries(
        [...result.attention].map(([layer, read]) => [
          layerKey(layer),
          attentionDistance(read, baseline.attention.get(layer), heads),
        ]),
      ),
    },
  }),
};

/** @returns baseline first, then `zero latent.k at layer L`. Where the protocol does not recompute latents, all others are pinned to what the original study wrote over them. */
export function tokenAblationConditions(layer: number, latents: number, protocol: AnyProtocol): StudyCondition[] {
  const site = `blocks.${layer}.hook_resid_post`;
  const zeroed = (k: number): string => `zero:${site}@latent.${k}`;
  // The original recorded hidden_states[L], the input of layer index L, and wrote it over that layer's output: one layer off.
  const pinned = (k: number): string => `replace(clean-input.${k}):${site}@latent.${k}`;
  const { recomputesLatents } = protocolOf(protocol).studies;
  const ablations = range(latents).map((latent): StudyCondition => {
    const texts = recomputesLatents
      ? [zeroed(latent)]
      : range(latents).map((k) => (k === latent ? zeroed(k) : pinned(k)));
    return {
      ...condition(story.name, `zero latent.${latent} at layer ${layer}`, { interventions: texts, factors: {} }),
      latent,
    };
  });
  return [BASELINE, ...ablations];
}

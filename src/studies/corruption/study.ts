/** How robust is the answer to corruption of a latent? Seven kinds at each latent, as the original study lists them, and a direction of the same norm. */

import { range } from "../../base/range.js";
import { numberOrNull } from "../../model/latent/run/run-score.js";
import { condition, type Study, type StudyCondition, type StudyContext } from "../study.js";
import { story } from "./story.js";

/** Operation → what the figure calls it. */
export const KINDS = [
  ["zero", "zero"],
  ["noise(0.1)", "noise, σ 0.1"],
  ["noise(0.5)", "noise, σ 0.5"],
  ["noise(1)", "noise, σ 1"],
  ["noise(2)", "noise, σ 2"],
  ["random", "random direction, same norm"],
  ["mean", "mean of other problems"],
  ["resample", "another problem's"],
] as const;

/** The study. Factors: `kind`, and `latent` (a number, or `all`). The random direction is the control of every other kind. */
export const corruption: Study = {
  ...story,
  conditions: (context) => {
    const all = kindsAtLatents(story.name, KINDS, context);
    if (context.latents < 2) return all;
    // Of one latent alone `shuffle` is nothing, so it takes all at once.
    const site = `blocks.${context.layer}.hook_resid_post`;
    const kind = "latents exchanged";
    const factors = { kind, latent: "all" };
    return [
      ...all,
      condition(story.name, `${kind}: all latents at layer ${context.layer}`, {
        interventions: [`shuffle:${site}@latent`],
        factors,
      }),
    ];
  },
  // The original study's place, shown beside ours.
  reads: () => ({ every: { scoreFirstToken: true } }),
  measure: ({ result }) => ({ measures: { klAtFirst: numberOrNull(result.score.klAtFirst) } }),
};

/** Each kind at each latent, then at all of them together. */
export function kindsAtLatents(
  study: string,
  kinds: readonly (readonly [operation: string, kind: string])[],
  { layer, latents }: StudyContext,
): StudyCondition[] {
  const site = `blocks.${layer}.hook_resid_post`;
  const at = (operation: string, kind: string, latent: number | "all"): StudyCondition => {
    const [words, address] =
      latent === "all" ? (["all latents", "latent"] as const) : ([`latent.${latent}`, `latent.${latent}`] as const);
    const name = `${study === story.name ? "" : `${study}, `}${kind}: ${words} at layer ${layer}`;
    return condition(study, name, { interventions: [`${operation}:${site}@${address}`], factors: { kind, latent } });
  };
  return [
    ...kinds.flatMap(([operation, kind]) => range(latents).map((k) => at(operation, kind, k))),
    ...kinds.map(([operation, kind]) => at(operation, kind, "all")),
  ];
}
